/** An IP network in CIDR notation (RFC 4632, RFC 4291 §2.3). */
export interface IpNetwork {
  /** 4 or 16 bytes. */
  readonly address: readonly number[];
  /** How many leading bits count. */
  readonly prefix: number;
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const MAPPED_MAYBE = /ffff:/i;
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255];

/** `192.0.2.0/24`, `2001:db8::/32`, or an address alone; undefined for anything else, bits past the prefix too. */
export function parseIpNetwork(text: string): IpNetwork | undefined {
  const [host = "", bits, ...more] = text.split("/");
  const address = parseIpAddress(host);
  if (address === undefined || more.length > 0 || host.includes("%")) return undefined;
  const most = address.length * 8;
  if (bits === undefined) return { address, prefix: most };
  const prefix = /^(?:0|[1-9]\d{0,2})$/.test(bits) ? Number(bits) : Number.POSITIVE_INFINITY;
  if (prefix > most) return undefined;
  const network = { address, prefix };
  return address.every((byte, at) => (byte & ~maskAt(prefix, at) & 255) === 0) ? network : undefined;
}

/** Whether an address, as a socket gives it, lies in a network; what is no address lies in none. */
export function isInNetwork({ address, prefix }: IpNetwork, remoteAddress: string | undefined): boolean {
  const bytes = remoteAddress === undefined ? undefined : parseIpAddress(remoteAddress);
  if (bytes === undefined || bytes.length !== address.length) return false;
  return bytes.every((byte, at) => ((byte ^ (address[at] ?? 0)) & maskAt(prefix, at)) === 0);
}

/**
 * The 4 or 16 bytes of an address, without its zone. `::ffff:192.0.2.1`, as a dual-stack socket shows an IPv4 client
 * (RFC 4291 §2.5.5.2), is the IPv4 address.
 */
export function parseIpAddress(text: string): readonly number[] | undefined {
  if (!text.includes(":")) return IPV4.test(text) ? text.split(".").map(Number) : undefined;
  const bytes = parseIpv6(text);
  if (bytes === undefined) return undefined;
  return MAPPED.every((byte, at) => bytes[at] === byte) ? bytes.slice(12) : bytes;
}

/** Whether a text is an IPv4 address in its own form, as `parseIpAddress` reads it. */
export function isIpv4(text: string): boolean {
  return IPV4.test(text);
}

/** An IPv4 address that is written as an IPv6 one, as dual-stack sockets do, in its own form; others as they are. */
export function plainAddress(text: string): string {
  const bytes = text.includes(":") && MAPPED_MAYBE.test(text) ? parseIpAddress(text) : undefined;
  return bytes?.length === 4 ? bytes.join(".") : text;
}

/** The one spelling of 4 or 16 bytes: the shortest, in lower case (RFC 5952 §4). */
export function formatIpAddress(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, at) => ((bytes[at * 2] ?? 0) << 8) | (bytes[at * 2 + 1] ?? 0));
  const text = groups.map((group) => group.toString(16)).join(":");
  return new URL(`http://[${text}]`).hostname.slice(1, -1);
}

function parseIpv6(address: string): readonly number[] | undefined {
  const zone = address.indexOf("%");
  const text = zone === -1 ? address : address.slice(0, zone);
  if (text.length > 45 || address.endsWith("%")) return undefined;
  const [head = "", tail, ...more] = text.split("::");
  if (more.length > 0) return undefined;
  const front = parseGroups(head, tail === undefined);
  const back = tail === undefined ? [] : parseGroups(tail, true);
  if (front === undefined || back === undefined) return undefined;
  const missing = 16 - front.length - back.length;
  if (tail === undefined ? missing !== 0 : missing < 2) return undefined;
  return [...front, ...Array.from({ length: missing }, () => 0), ...back];
}

function parseGroups(text: string, isEnd: boolean): readonly number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (isEnd && index === parts.length - 1 && IPV4.test(part)) {
      bytes.push(...part.split(".").map(Number));
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) {
      const group = Number.parseInt(part, 16);
      bytes.push(group >> 8, group & 255);
    } else {
      return undefined;
    }
  }
  return bytes;
}

function maskAt(prefix: number, at: number): number {
  const bits = Math.min(8, Math.max(0, prefix - at * 8));
  return (0xff << (8 - bits)) & 0xff;
}
