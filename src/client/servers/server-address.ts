import { isIPv6 } from "node:net";
import { domainToASCII } from "node:url";
import { HandclaspError } from "../../errors.ts";

export interface ServerAddress {
  /** A host name in lower case without a final dot, or an IP address without brackets. */
  readonly host: string;
  readonly port: number;
}

const MOST_PORT = 65_535;

/** Reads `HOST:PORT`; IPv6 addresses stand in brackets. Throws ERR_HANDCLASP_OPTION. */
export function parseServerAddress(text: string): ServerAddress {
  const [, bracketed, plain, digits = ""] =
    /^(?:\[([0-9a-fA-F:.%a-z]+)\]|([^\s:[\]/@]+)):(\d+)$/.exec(text) ?? [];
  const port = Number(digits);
  const host = bracketed ?? plain;
  if (host === undefined || (bracketed !== undefined && !isIPv6(bracketed))) {
    throw new HandclaspError("ERR_HANDCLASP_OPTION", `${JSON.stringify(text)} is not HOST:PORT`, {
      hint: "write localhost:8443, 127.0.0.1:8443 or [::1]:8443",
    });
  }
  if (port > MOST_PORT) {
    throw new HandclaspError("ERR_HANDCLASP_OPTION", `the port of ${JSON.stringify(text)} is too large`, {
      hint: `ports end at ${MOST_PORT}`,
    });
  }
  return { host: canonicalHost(host), port };
}

/** `HOST:PORT`, the same for every spelling of an address: known servers are kept under it. */
export function formatServerAddress({ host, port }: ServerAddress): string {
  const canonical = canonicalHost(host);
  return isIPv6(canonical) ? `[${canonical}]:${port}` : `${canonical}:${port}`;
}

/**
 * A host name in lower case without its final dot and with its A-labels (RFC 6066 §3, RFC 5890 §2.3.2.1), as it is
 * looked up; an IPv6 address in its shortest form.
 */
export function canonicalHost(host: string): string {
  const lower = isAscii(host) ? host.toLowerCase() : domainToASCII(host) || host.toLowerCase();
  if (isIPv6(lower)) return lower.includes("%") ? lower : new URL(`http://[${lower}]`).hostname.slice(1, -1);
  return lower.length > 1 && lower.endsWith(".") ? lower.slice(0, -1) : lower;
}

function isAscii(text: string): boolean {
  return /^\p{ASCII}*$/u.test(text);
}
