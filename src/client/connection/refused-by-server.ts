import { HandclaspError, hasCode, reasonOf } from "../../errors.ts";
import { ALERTS } from "../../tls/code-points/alert.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";

/** What an alert means whoever sends it: servers differ in which one they choose, 42 and 46 stand for anything. */
const HINTS: Readonly<Record<number, string>> = {
  40: "the server wants a certificate of ours, or has no TLS version, cipher suite or signature algorithm in common with us",
  42: "the server does not take our certificate: its dates, its purpose, its key, or whoever signed it",
  43: "the server takes no certificate for this purpose, or no key of this type or size",
  44: "our certificate counts as revoked there: only the server's operator can change that",
  45: "our certificate has expired or is not yet valid there, or the approval of our key has ended: compare the clocks",
  46: "the server does not take our certificate: its dates, its purpose, its key, its name, or whoever signed it",
  48: "the server knows neither our certificate nor whoever signed it: give it to the server's operator",
  49: "the server could read our certificate and does not let us in, or not yet: ask its operator",
  70: "the server has no TLS version in common with us",
  80: "the server failed or cannot decide at the moment: try again later, or ask its operator to look at its log",
  112: "the server does not answer to the name that we asked for",
  116: "the server wants a certificate of ours",
  120: "the server has no application protocol (ALPN) in common with us",
};

const ALERT = /SSL alert number (\d{1,3})/;

/** Whether an error of a socket is an alert of the other side. */
export function isAlertError(error: unknown): error is Error {
  return error instanceof Error && ALERT.test(error.message);
}

/**
 * What went wrong on a connection, as ours: ERR_HANDCLASP_REFUSED with the alert's name when the server sent one,
 * else ERR_HANDCLASP_CONNECT. In TLS 1.3 the alert for our certificate comes after 'secureConnect' (RFC 8446 §4.4.2).
 */
export function toConnectError(error: unknown, address: string): HandclaspError {
  if (error instanceof HandclaspError) return error;
  const said = reasonOf(error);
  const [, digits] = ALERT.exec(said) ?? [];
  if (digits === undefined) {
    if (hasCode(error, "ERR_SSL_WRONG_VERSION_NUMBER")) return beganInTheClear(error, address);
    return new HandclaspError("ERR_HANDCLASP_CONNECT", `${escapeText(address)}: ${said.trim()}`, {
      cause: error,
    });
  }
  const alert = Number(digits);
  const [name] = Object.entries(ALERTS).find(([, code]) => code === alert) ?? ["unknown"];
  const hint = HINTS[alert];
  return new HandclaspError("ERR_HANDCLASP_REFUSED", `refused by the server: ${name} (alert ${alert})`, {
    ...(hint !== undefined && { hint }),
    cause: error,
    details: { alert: name, alertCode: alert, address },
  });
}

/** What came first from the server is no record of TLS. */
function beganInTheClear(cause: unknown, address: string): HandclaspError {
  return new HandclaspError(
    "ERR_HANDCLASP_CONNECT",
    `${escapeText(address)}: the server does not begin with TLS`,
    {
      hint: "is that the port? One of mail greets in the clear until it is asked for TLS",
      remedies: [{ act: "connect-with-starttls", at: "client" }],
      cause,
    },
  );
}
