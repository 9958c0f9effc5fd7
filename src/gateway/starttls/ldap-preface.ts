import type { Preface, PrefaceStep } from "./preface.ts";

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const START_TLS = "1.3.6.1.4.1.1466.20037";
/** What clients may say before TLS is short: a bind, a search of the root. */
const LONGEST_MESSAGE = 4096;

const UNBIND_REQUEST = 0x42;
const ABANDON_REQUEST = 0x50;
const EXTENDED_REQUEST = 0x77;
const EXTENDED_RESPONSE = 0x78;
/** What answers which request (RFC 4511 §4.2 to §4.12). */
const RESPONSE_TO: ReadonlyMap<number, number> = new Map([
  [0x60, 0x61],
  [0x63, 0x65],
  [0x66, 0x67],
  [0x68, 0x69],
  [0x4a, 0x6b],
  [0x6c, 0x6d],
  [0x6e, 0x6f],
  [EXTENDED_REQUEST, EXTENDED_RESPONSE],
]);

const SUCCESS = 0;
const CONFIDENTIALITY_REQUIRED = 13;

/** RFC 4511 §4.14. Whatever else a client asks for is refused with confidentialityRequired. */
export function createLdapPreface(): Preface {
  return { read };
}

function read(bytes: Buffer): PrefaceStep | undefined {
  if (bytes[0] !== SEQUENCE) return NO_LDAP;
  const message = readElement(bytes);
  if (message === undefined) return bytes.length < LONGEST_LENGTH ? undefined : NO_LDAP;
  const { length, content } = message;
  if (length > LONGEST_MESSAGE) return NO_LDAP;
  if (bytes.length < length) return undefined;
  const id = readElement(content);
  if (id?.tag !== INTEGER || id.content.length < 1 || id.content.length > 4) return NO_LDAP;
  const operation = readElement(content.subarray(id.length));
  if (operation === undefined) return NO_LDAP;
  const { tag } = operation;
  if (tag === UNBIND_REQUEST) return { next: "end" };
  if (tag === ABANDON_REQUEST) return { next: "read-on", length, answer: "" };
  const response = RESPONSE_TO.get(tag);
  if (response === undefined) return NO_LDAP;
  if (tag === EXTENDED_REQUEST && isStartTls(operation.content))
    return { next: "begin-tls", length, answer: answer(id.content, response, SUCCESS, "") };
  const why = "begin TLS first (StartTLS)";
  return { next: "read-on", length, answer: answer(id.content, response, CONFIDENTIALITY_REQUIRED, why) };
}

const NO_LDAP: PrefaceStep = { next: "end", problem: "the client does not speak LDAP" };

interface Element {
  readonly tag: number;
  /** With tag and length. */
  readonly length: number;
  /** As much of it as there is. */
  readonly content: Buffer;
}

/** A tag, and a length of which the first byte says how many follow: four at the most. */
const LONGEST_LENGTH = 2 + 4;

/** The element of BER that stands first; undefined where its length is not whole, or is none (X.690 §8.1.3). */
function readElement(bytes: Buffer): Element | undefined {
  const [tag, first] = bytes;
  if (tag === undefined || first === undefined) return undefined;
  const more = first > 0x80 ? first - 0x80 : 0;
  const head = 2 + more;
  if (first === 0x80 || more > 4 || bytes.length < head) return undefined;
  const length = head + (more === 0 ? first : bytes.readUIntBE(2, more));
  return { tag, length, content: bytes.subarray(head, length) };
}

/** Its name and nothing else. */
function isStartTls(request: Buffer): boolean {
  const name = readElement(request);
  return name?.tag === 0x80 && name.length === request.length && name.content.equals(Buffer.from(START_TLS));
}

/** An LDAPMessage with an LDAPResult, which is short. */
function answer(id: Buffer, response: number, result: number, why: string): Uint8Array {
  const code = Buffer.of(0x0a, 1, result);
  const name = response === EXTENDED_RESPONSE && result === SUCCESS ? [element(0x8a, START_TLS)] : [];
  const body = [code, element(0x04, ""), element(0x04, why), ...name];
  return element(SEQUENCE, element(INTEGER, id), element(response, ...body));
}

function element(tag: number, ...parts: readonly (Buffer | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
  return Buffer.concat([Buffer.of(tag, content.length), content]);
}
