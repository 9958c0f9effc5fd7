import { parseIpAddress } from "../../trust/network/ip-network.ts";
import { nameAttributes } from "./distinguished-name.ts";
import type { ShownCertificate } from "./shown-certificate.ts";

/** The names that a certificate is for: its dNSNames; without one, its CN, which old clients take. RFC 9525 §6.3. */
export function namesOf({ dnsNames, subject }: ShownCertificate): readonly string[] {
  if (dnsNames.length > 0) return dnsNames;
  return nameAttributes(subject).flatMap(({ type, value }) => (type === "CN" ? [value] : []));
}

/** Whether a certificate is for a host. RFC 9525 §6. */
export function isForHost(certificate: ShownCertificate, host: string): boolean {
  const address = parseIpAddress(host);
  return address === undefined
    ? namesOf(certificate).some((name) => matches(lowered(name), lowered(host)))
    : certificate.ipAddresses.some((each) => Buffer.from(address).equals(each));
}

/** `*` stands for one whole label, the leftmost, of at least three. RFC 9525 §6.3. */
function matches(pattern: string, host: string): boolean {
  if (!pattern.startsWith("*.")) return pattern === host;
  const dot = host.indexOf(".");
  return dot > 0 && pattern.indexOf(".", 2) > 0 && host.slice(dot) === pattern.slice(1);
}

function lowered(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}
