import { HandclaspError } from "../errors.ts";
import { ALERTS } from "../tls/alert.ts";
import { escapeText } from "../trust/peer-name.ts";

const HINTS: Readonly<Record<number, string>> = {
  40: "the server may want a certificate of ours, or other TLS versions or ciphers",
  42: "the server could not read our certificate",
  43: "the server takes no keys of this type or size: handclasp identity create makes others",
  44: "our key was revoked there: only the server's operator can change that",
  45: "our certificate, or the approval of our key, has expired",
  46: "our name is bound to another key there: its operator sees ours with handclasp trust list",
  48: "the server takes known clients only: give its operator the certificate that handclasp identity show --pem prints",
  49: "our key waits for approval there, or is not wanted: its operator sees it with handclasp trust list",
  80: "the server cannot decide at the moment: try again later",
  116: "the server wants a certificate of ours",
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
  const said = error instanceof Error ? error.message : String(error);
  const [, digits] = ALERT.exec(said) ?? [];
  if (digits === undefined) {
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
