import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { HandclaspError } from "../errors.ts";
import type { CertificateFacts, KeyPin } from "./certificate-facts.ts";
import { readingCertificate } from "./parts/certificate-malformed.ts";
import { DerReader, readInteger, TAG } from "./der/der.ts";
import { encodeDer } from "./der/encode-der.ts";

/** The content of the extension `JOIN_PROOF`: that whoever made the certificate had a join token. */
export interface JoinProof {
  /** 16 bytes. */
  readonly tokenId: Uint8Array;
  /** Ed25519, 64 bytes. */
  readonly signature: Uint8Array;
}

/** What the token's key signs for. */
export interface JoinProofScope {
  readonly serverPin: KeyPin;
  /** The certificate's own key, DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
}

const VERSION = 1;
const TOKEN_ID_BYTES = 16;
const SIGNATURE_BYTES = 64;
const KEY_BYTES = 32;
const CONTEXT = Buffer.from("handclasp join v1");
/** What stands before the 32 bytes of an Ed25519 key in PKCS #8 and in SubjectPublicKeyInfo (RFC 8410 §7, §4). */
const PKCS8_ED25519 = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI_ED25519 = Buffer.from("302a300506032b6570032100", "hex");

/**
 * The proof that a certificate brings; undefined when it has none, or one of a version that we do not know. Throws
 * ERR_HANDCLASP_CERTIFICATE_MALFORMED.
 */
export function readJoinProof({ joinProof }: Pick<CertificateFacts, "joinProof">): JoinProof | undefined {
  return joinProof && readingCertificate(() => read(joinProof));
}

/** The extension's value: the token's seed (32 bytes) signs. Throws ERR_HANDCLASP_OPTION. */
export function signJoinProof(
  parts: { readonly tokenId: Uint8Array; readonly seed: Uint8Array } & JoinProofScope,
): Uint8Array {
  const { tokenId, seed } = parts;
  const signed = signedBytes(tokenId, parts);
  if (tokenId.length !== TOKEN_ID_BYTES) throw unusable("tokenId", `has ${tokenId.length} bytes, not 16`);
  if (seed.length !== KEY_BYTES) throw unusable("seed", `has ${seed.length} bytes, not 32`);
  if (signed === undefined) throw unusable("serverPin", "is no pin");
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, seed]), format: "der", type: "pkcs8" });
  return encodeDer(
    TAG.SEQUENCE,
    encodeDer(TAG.INTEGER, Uint8Array.of(VERSION)),
    encodeDer(TAG.OCTET_STRING, tokenId),
    encodeDer(TAG.OCTET_STRING, sign(null, signed, key)),
  );
}

/** Whether the token's key (Ed25519, 32 bytes) made the proof for this server and this key. Never throws. */
export function verifyJoinProof(
  { tokenId, signature }: JoinProof,
  expected: { readonly publicKey: Uint8Array } & JoinProofScope,
): boolean {
  const signed = signedBytes(tokenId, expected);
  if (signed === undefined || expected.publicKey.length !== KEY_BYTES) return false;
  try {
    const spki = Buffer.concat([SPKI_ED25519, expected.publicKey]);
    return verify(null, signed, createPublicKey({ key: spki, format: "der", type: "spki" }), signature);
  } catch {
    return false;
  }
}

function read(value: Uint8Array): JoinProof | undefined {
  const extension = new DerReader(value, "certificate");
  const proof = extension.inside(TAG.SEQUENCE, "joinProof");
  extension.end();
  if (readInteger(proof, "version") !== VERSION) return undefined;
  const tokenId = octets(proof, "tokenId", TOKEN_ID_BYTES);
  const signature = octets(proof, "signature", SIGNATURE_BYTES);
  proof.end();
  return { tokenId, signature };
}

function octets(reader: DerReader, field: string, length: number): Uint8Array {
  const content = reader.content(TAG.OCTET_STRING, field);
  if (content.length !== length)
    throw reader.malformed(`needs ${length} bytes, has ${content.length}`, field);
  return content;
}

/** Undefined when the pin is none. */
function signedBytes(tokenId: Uint8Array, { serverPin, spki }: JoinProofScope): Uint8Array | undefined {
  const pin = Buffer.from(serverPin.slice("sha256:".length), "base64");
  if (`sha256:${pin.toString("base64")}` !== serverPin || pin.length !== 32) return undefined;
  return Buffer.concat([CONTEXT, tokenId, pin, spki]);
}

function unusable(option: string, problem: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_OPTION", `${option}: ${problem}`, { details: { option } });
}
