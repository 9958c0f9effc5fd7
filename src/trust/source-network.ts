/** An address that is none: all of them share one bucket. */
const UNKNOWN = "unknown";
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/**
 * Who counts as one source when first use is limited: an IPv4 address, the /64 of an IPv6 address in RFC 5952 form,
 * `local` for a Unix socket. Takes `remoteAddress` of a socket, never throws.
 */
export function sourceNetwork(remoteAddress: string | undefined): string {
  if (remoteAddress === undefined) return "local";
  if (!remoteAddress.includes(":")) return IPV4.test(remoteAddress) ? remoteAddress : UNKNOWN;
  const groups = parseIpv6(remoteAddress);
  if (groups === undefined) return UNKNOWN;
  return mappedIpv4(groups) ?? networkOf(groups);
}

/** The eight groups of an IPv6 address (RFC 4291 §2.2), without its zone. */
function parseIpv6(address: string): readonly number[] | undefined {
  const zone = address.indexOf("%");
  const text = zone === -1 ? address : address.slice(0, zone);
  if (text.length > 45 || address.endsWith("%")) return undefined;
  const [head = "", tail, ...more] = text.split("::");
  if (more.length > 0) return undefined;
  const front = parseGroups(head, tail === undefined);
  const back = tail === undefined ? [] : parseGroups(tail, true);
  if (front === undefined || back === undefined) return undefined;
  const missing = 8 - front.length - back.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  return [...front, ...Array.from({ length: missing }, () => 0), ...back];
}

function parseGroups(text: string, isEnd: boolean): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (isEnd && index === parts.length - 1 && IPV4.test(part)) {
      const [a = 0, b = 0, c = 0, d = 0] = part.split(".").map(Number);
      groups.push((a << 8) | b, (c << 8) | d);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else {
      return undefined;
    }
  }
  return groups;
}

/** `::ffff:192.0.2.1` is how a dual-stack socket shows an IPv4 client (RFC 4291 §2.5.5.2). */
function mappedIpv4(groups: readonly number[]): string | undefined {
  const [a, b, c, d, e, marker, high = 0, low = 0] = groups;
  if (a !== 0 || b !== 0 || c !== 0 || d !== 0 || e !== 0 || marker !== 0xffff) return undefined;
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

/** The zeros at the end of a /64 are its longest run, so these are what `::` stands for. */
function networkOf(groups: readonly number[]): string {
  const network = groups.slice(0, 4);
  while (network.at(-1) === 0) network.pop();
  return `${network.map((group) => group.toString(16)).join(":")}::/64`;
}
