import { isIpv4, parseIpAddress } from "./ip-network.ts";

/** An address that is none: all of them share one bucket. */
const UNKNOWN = "unknown";

/**
 * Who counts as one source when first use is limited: an IPv4 address, the /64 of an IPv6 address in RFC 5952 form,
 * `local` for a Unix socket. Takes `remoteAddress` of a socket, never throws.
 */
export function sourceNetwork(remoteAddress: string | undefined): string {
  if (remoteAddress === undefined) return "local";
  const address = parseIpAddress(remoteAddress);
  if (address === undefined) return UNKNOWN;
  return address.length === 4 ? address.join(".") : networkOf(address);
}

/** The zeros at the end of a /64 are its longest run, so these are what `::` stands for. */
function networkOf(address: readonly number[]): string {
  const network = [0, 2, 4, 6].map((at) => ((address[at] ?? 0) << 8) | (address[at + 1] ?? 0));
  while (network.at(-1) === 0) network.pop();
  return `${network.map((group) => group.toString(16)).join(":")}::/64`;
}

/**
 * Whom to take together where many strangers come at once: the /24 of an IPv4 address, the /64 of an IPv6 one, as
 * `parseIpNetwork` reads it; null for what is no address.
 */
export function neighbourhood(remoteAddress: string | null): string | null {
  // Lists ask it of one row after the other.
  if (remoteAddress !== null && isIpv4(remoteAddress)) {
    return `${remoteAddress.slice(0, remoteAddress.lastIndexOf("."))}.0/24`;
  }
  const address = remoteAddress === null ? undefined : parseIpAddress(remoteAddress);
  if (address === undefined) return null;
  return address.length === 4 ? `${address.slice(0, 3).join(".")}.0/24` : networkOf(address);
}
