import { HandclaspError } from "../../errors.ts";
import { TAG } from "../der/der.ts";
import type { RawExtension } from "./encode-certificate.ts";
import { encodeDer } from "../der/encode-der.ts";
import {
  BASIC_CONSTRAINTS,
  EXT_KEY_USAGE,
  KEY_USAGE,
  SUBJECT_ALT_NAME,
  SUBJECT_KEY_IDENTIFIER,
} from "./extensions.ts";
import { fromHex } from "../der/from-hex.ts";
import { JOIN_PROOF } from "./private-extensions.ts";

/** The contents of the OIDs 2.5.4.3, 1.3.6.1.5.5.7.3.2 and 1.3.6.1.5.5.7.3.1. */
const COMMON_NAME = fromHex("550403");
const CLIENT_AUTH = fromHex("2b06010505070302");
const SERVER_AUTH = fromHex("2b06010505070301");

const UTF8_STRING = 0x0c;
/** GeneralName (RFC 5280 §4.2.1.6). */
const EMAIL = 0x81;
const DNS = 0x82;
const URI = 0x86;

/** No CA; signs, and nothing else; for both sides of TLS. */
const USAGES: readonly RawExtension[] = [
  { oid: BASIC_CONSTRAINTS, isCritical: true, value: encodeDer(TAG.SEQUENCE) },
  { oid: KEY_USAGE, isCritical: true, value: encodeDer(TAG.BIT_STRING, Uint8Array.of(7, 0x80)) },
  {
    oid: EXT_KEY_USAGE,
    isCritical: false,
    value: encodeDer(TAG.SEQUENCE, encodeDer(TAG.OID, CLIENT_AUTH), encodeDer(TAG.OID, SERVER_AUTH)),
  },
];

const UTF8 = new TextEncoder();

/** A DER Name that has a common name and nothing else (RFC 5280 §4.1.2.4). */
export function encodeName(name: string): Uint8Array {
  const value = encodeDer(UTF8_STRING, UTF8.encode(name));
  const attribute = encodeDer(TAG.SEQUENCE, encodeDer(TAG.OID, COMMON_NAME), value);
  return encodeDer(TAG.SEQUENCE, encodeDer(TAG.SET, attribute));
}

/**
 * The names of an identity as DER GeneralNames, the claimed one first: a DNS name beside an e-mail address or plain text
 * would be claimed instead of it. Throws ERR_HANDCLASP_OPTION.
 */
export function alternativeNames(name: string, dnsNames: readonly string[]): readonly Uint8Array[] {
  const tag = tagOf(name);
  if (dnsNames.length > 0 && tag !== URI && tag !== DNS)
    throw unusable("dnsNames", "need a name that is itself a URI or DNS name");
  const others = dnsNames.filter((dnsName) => dnsName !== name);
  if (!others.every(isDnsName)) throw unusable("dnsNames", "hold what is no DNS name");
  const first = tag === undefined ? [] : [encodeDer(tag, UTF8.encode(name))];
  return [...first, ...others.map((dnsName) => encodeDer(DNS, UTF8.encode(dnsName)))];
}

/** What the certificate of a new identity says beside its names and key; `spkiHash` is the SHA-256 of that. */
export function identityExtensions(
  alternatives: readonly Uint8Array[],
  spkiHash: Uint8Array,
  joinProof?: Uint8Array,
): readonly RawExtension[] {
  const extensions = [...USAGES, keyIdentifier(spkiHash)];
  if (alternatives.length > 0) {
    const value = encodeDer(TAG.SEQUENCE, ...alternatives);
    extensions.push({ oid: SUBJECT_ALT_NAME, isCritical: false, value });
  }
  if (joinProof !== undefined)
    extensions.push({ oid: JOIN_PROOF.content, isCritical: false, value: joinProof });
  return extensions;
}

/** RFC 7093 §2, the first method: the leftmost 160 bits of a SHA-256; over all of SubjectPublicKeyInfo, as in a pin. */
export function keyIdentifier(spkiHash: Uint8Array): RawExtension {
  const value = encodeDer(TAG.OCTET_STRING, spkiHash.subarray(0, 20));
  return { oid: SUBJECT_KEY_IDENTIFIER, isCritical: false, value };
}

/** What a name is by its looks; plain text stands in the subject only. */
function tagOf(name: string): number | undefined {
  if (!/^[\x21-\x7e]+$/.test(name)) return undefined;
  if (/^[a-z][a-z0-9+.-]*:.+$/i.test(name)) return URI;
  if (/^[^@]+@[^@]+$/.test(name)) return EMAIL;
  return isDnsName(name) ? DNS : undefined;
}

/** RFC 1123 §2.1: the last label is not all digits, or `10.0.0.1` would be one. */
function isDnsName(name: string): boolean {
  if (name.length > 253 || /(?:^|\.)\d+$/.test(name)) return false;
  return /^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/i.test(name);
}

function unusable(option: string, problem: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_OPTION", `${option}: ${problem}`, { details: { option } });
}
