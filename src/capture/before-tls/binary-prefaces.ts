import type { PrefaceName, Said } from "./preface-name.ts";

/** A message of a preface that is no text. */
export interface Piece {
  readonly length: number;
  readonly said?: Said;
  /** More of the same negotiation follows in this direction. */
  readonly negotiates?: boolean;
}

/** Undefined of what it is not; `more` when more bytes are needed to tell. */
export type Recognised = Piece | "more" | undefined;

/** What is known of the conversation when a piece is looked at. */
export interface Known {
  /** What the client asked for that was not answered. */
  readonly asked: PrefaceName | undefined;
  /** The client asked for GSSAPI encryption. */
  readonly isProbed: boolean;
  /** A negotiation is under way in this direction. */
  readonly negotiates: boolean;
  /** The capture has bytes of the client. */
  readonly hasClient: boolean;
}

/** What a client may say in bytes. */
export function clientPiece(bytes: Uint8Array, known: Known): Recognised {
  return (
    proxyV2(bytes) ??
    postgresRequest(bytes) ??
    mysqlRequest(bytes) ??
    socks5Client(bytes, known.negotiates) ??
    socks4Client(bytes) ??
    ldapMessage(bytes)
  );
}

/** What a server may say in bytes. */
export function serverPiece(bytes: Uint8Array, known: Known): Recognised {
  return (
    postgresAnswer(bytes, known) ??
    mysqlGreeting(bytes) ??
    socks5Server(bytes, known) ??
    socks4Server(bytes, known) ??
    ldapMessage(bytes)
  );
}

const PROXY_V2 = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a);

/** https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt §2.2 */
function proxyV2(bytes: Uint8Array): Recognised {
  const begins = beginsWith(bytes, PROXY_V2);
  if (begins !== true) return begins;
  return bytes.length < 16
    ? "more"
    : { length: 16 + uint16(bytes, 14), said: { does: "is", name: "PROXY v2" } };
}

const SSL_REQUEST = Uint8Array.of(0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f);
const GSSENC_REQUEST = Uint8Array.of(0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x30);

/** https://www.postgresql.org/docs/17/protocol-message-formats.html */
function postgresRequest(bytes: Uint8Array): Recognised {
  const begins = beginsWith(bytes, SSL_REQUEST);
  if (begins === true) return { length: 8, said: { does: "ask", name: "PostgreSQL SSLRequest" } };
  if (begins === "more") return "more";
  if (beginsWith(bytes, GSSENC_REQUEST) !== true) return undefined;
  return { length: 8, said: { does: "probe", name: "PostgreSQL SSLRequest" } };
}

/** One byte: S for yes, N for no; G and N to a request for GSSAPI. A server alone is known by the record behind it. */
function postgresAnswer(bytes: Uint8Array, { asked, isProbed, hasClient }: Known): Recognised {
  const name = "PostgreSQL SSLRequest";
  const answer = String.fromCharCode(bytes[0] ?? 0);
  const isYes = answer === "S";
  if (isProbed && (answer === "N" || answer === "G")) return { length: 1, said: { does: "probed", name } };
  if (!isYes && answer !== "N") return undefined;
  if (asked === name)
    return { length: 1, said: isYes ? { does: "accept", name } : { does: "refuse", name, answer } };
  if (bytes.length < 3) return hasClient && bytes[1] !== undefined ? undefined : "more";
  const isAlone = bytes[1] === 0x16 && bytes[2] === 3;
  return isYes && isAlone && !hasClient ? { length: 1, said: { does: "accept", name } } : undefined;
}

const CLIENT_SSL = 0x08;
const CLIENT_PROTOCOL_41 = 0x02;

/** https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_ssl_request.html */
function mysqlRequest(bytes: Uint8Array): Recognised {
  const begins = beginsWith(bytes, Uint8Array.of(32, 0, 0, 1));
  if (begins !== true) return begins;
  if (bytes.length < 6) return "more";
  const flags = bytes[5] ?? 0;
  if ((flags & CLIENT_SSL) === 0 || (flags & CLIENT_PROTOCOL_41) === 0) return undefined;
  return { length: 36, said: { does: "is", name: "MySQL SSLRequest" } };
}

/** The first packet, with protocol version 10. */
function mysqlGreeting(bytes: Uint8Array): Recognised {
  const [low = 0, middle = 0, high = 0, sequence = 0, version = 10] = bytes;
  if (middle > 1 || high !== 0 || sequence !== 0 || version !== 10) return undefined;
  if (bytes.length < 5) return "more";
  return { length: 4 + low + (middle << 8), said: { does: "accept", name: "MySQL SSLRequest" } };
}

/** RFC 1928 §3 and §4; RFC 1929 §2. */
function socks5Client(bytes: Uint8Array, negotiates: boolean): Recognised {
  const [version, second = 0, third = 0] = bytes;
  if (negotiates && version === 1) {
    if (bytes.length < 2) return "more";
    const password = bytes[2 + second];
    return password === undefined ? "more" : { length: 3 + second + password, negotiates };
  }
  if (version !== 5) return undefined;
  if (!negotiates) {
    if (bytes.length < 2) return "more";
    return second === 0 ? undefined : { length: 2 + second, negotiates: true };
  }
  if (bytes.length < 4) return "more";
  const length = socks5Length(bytes);
  if (second < 1 || second > 3 || third !== 0 || length === undefined) return undefined;
  return length === "more" ? "more" : { length, said: { does: "ask", name: "SOCKS5" } };
}

/** RFC 1928 §3 and §6. */
function socks5Server(bytes: Uint8Array, { negotiates }: Known): Recognised {
  const name = "SOCKS5";
  const [version, second = 0] = bytes;
  const refusal: Said = { does: "refuse", name, answer: String(second) };
  if (negotiates && version === 1) {
    if (bytes.length < 2) return "more";
    return second === 0 ? { length: 2, negotiates } : { length: 2, said: refusal };
  }
  if (version !== 5) return undefined;
  if (bytes.length < 2) return "more";
  if (!negotiates) return second === 0xff ? { length: 2, said: refusal } : { length: 2, negotiates: true };
  const length = bytes.length < 4 ? "more" : socks5Length(bytes);
  if (length === undefined || length === "more") return length;
  return { length, said: second === 0 ? { does: "accept", name } : refusal };
}

/** Of a request or a reply, by the kind of its address. */
function socks5Length(bytes: Uint8Array): number | "more" | undefined {
  switch (bytes[3]) {
    case 1:
      return 10;
    case 3:
      return bytes[4] === undefined ? "more" : 7 + bytes[4];
    case 4:
      return 22;
    default:
      return undefined;
  }
}

/** What a user id or a host name may take. */
const MAX_SOCKS4_TEXT = 512;

/** https://www.openssh.com/txt/socks4.protocol and socks4a.protocol */
function socks4Client(bytes: Uint8Array): Recognised {
  const [version, command = 1] = bytes;
  if (version !== 4 || command < 1 || command > 2) return undefined;
  if (bytes.length < 9) return "more";
  const isNamed = bytes[4] === 0 && bytes[5] === 0 && bytes[6] === 0 && bytes[7] !== 0;
  let end = bytes.indexOf(0, 8);
  if (isNamed && end !== -1) end = bytes.indexOf(0, end + 1);
  if (end === -1) return bytes.length > MAX_SOCKS4_TEXT ? undefined : "more";
  return { length: end + 1, said: { does: "ask", name: "SOCKS4" } };
}

function socks4Server(bytes: Uint8Array, { asked, hasClient }: Known): Recognised {
  const name = "SOCKS4";
  const [version, code = 0x5a] = bytes;
  if (version !== 0 || code < 0x5a || code > 0x5d || (asked !== name && hasClient)) return undefined;
  if (bytes.length < 8) return "more";
  return {
    length: 8,
    said: code === 0x5a ? { does: "accept", name } : { does: "refuse", name, answer: String(code) },
  };
}

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const EXTENDED_REQUEST = 0x77;
const EXTENDED_RESPONSE = 0x78;
const ENUMERATED = 0x0a;
const START_TLS = "1.3.6.1.4.1.1466.20037";
/** Where the name of an extended request or the result code of a response has to be. */
const LDAP_HEAD = 64;

/** Any LDAPMessage; what it says of StartTLS. RFC 4511 §4.1.1, §4.14. */
function ldapMessage(bytes: Uint8Array): Recognised {
  if (bytes[0] !== SEQUENCE) return undefined;
  const message = berLength(bytes, 1);
  if (message === undefined || message === "more") return message;
  const length = message.end + message.length;
  const { end: at } = message;
  if (bytes.length < at + 2) return "more";
  const idBytes = bytes[at + 1] ?? 0;
  if (bytes[at] !== INTEGER || idBytes < 1 || idBytes > 4) return undefined;
  if (bytes.length < Math.min(length, at + LDAP_HEAD)) return "more";
  const operationAt = at + 2 + idBytes;
  const said = ldapSaid(bytes.subarray(operationAt, length));
  return said === undefined ? { length } : { length, said };
}

function ldapSaid(operation: Uint8Array): Said | undefined {
  const name = "LDAP StartTLS";
  const body = berLength(operation, 1);
  if (body === undefined || body === "more") return undefined;
  if (operation[0] === EXTENDED_REQUEST) {
    const asks = Buffer.from(operation.subarray(0, LDAP_HEAD)).includes(START_TLS);
    return asks ? { does: "ask", name } : undefined;
  }
  if (operation[0] !== EXTENDED_RESPONSE || operation[body.end] !== ENUMERATED) return undefined;
  const code = operation[body.end + 2] ?? 0;
  return code === 0 ? { does: "accept", name } : { does: "refuse", name, answer: String(code) };
}

/** X.690 §8.1.3, definite lengths. */
function berLength(
  bytes: Uint8Array,
  at: number,
): { readonly length: number; readonly end: number } | "more" | undefined {
  const first = bytes[at];
  if (first === undefined) return "more";
  if (first < 0x80) return { length: first, end: at + 1 };
  const count = first - 0x80;
  if (count < 1 || count > 4) return undefined;
  if (bytes.length < at + 1 + count) return "more";
  let length = 0;
  for (const byte of bytes.subarray(at + 1, at + 1 + count)) length = length * 256 + byte;
  return { length, end: at + 1 + count };
}

function beginsWith(bytes: Uint8Array, pattern: Uint8Array): true | "more" | undefined {
  const common = Math.min(bytes.length, pattern.length);
  for (let index = 0; index < common; index++) if (bytes[index] !== pattern[index]) return undefined;
  return common === pattern.length ? true : "more";
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
