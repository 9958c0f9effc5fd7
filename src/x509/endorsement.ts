import { createPublicKey, hash, type KeyObject } from "node:crypto";
import { HandclaspError } from "../errors.ts";
import type { CertificateFacts, KeyPin } from "./certificate-facts.ts";
import type { KeyType } from "./parts/public-key-info.ts";
import { readingCertificate } from "./parts/certificate-malformed.ts";
import { DerReader, readInteger, TAG } from "./der/der.ts";
import { encodeDer, integerContent } from "./der/encode-der.ts";
import { isSignedBy, signWith } from "./key-signature.ts";
import { keyTypeOf } from "./parts/public-key-info.ts";

/** One key that named the next as its successor. */
export interface EndorsementLink {
  readonly oldPin: KeyPin;
  readonly oldKeyType: KeyType;
  /** By the clock of whoever signed; milliseconds since the epoch. */
  readonly issuedAt: number;
  /** Whether the old key signed. The mathematics is done when this is called, each time; it never throws. */
  verify(): boolean;
}

export interface CreateEndorsementOptions {
  /** The private key that is given up: it signs. */
  readonly oldKey: KeyObject;
  /** The old key as its certificate has it, DER SubjectPublicKeyInfo; if not given, as OpenSSL writes it. */
  readonly oldSpki?: Uint8Array;
  /** The key that follows, DER SubjectPublicKeyInfo. */
  readonly newSpki: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
  /** The value of the extension in the old certificate: its links are kept behind the new one. */
  readonly previous: Uint8Array | undefined;
}

const VERSION = 1;
const MOST_LINKS = 4;
const CONTEXT = Buffer.from("handclasp endorse v1");

interface RawLink {
  readonly der: Uint8Array;
  readonly oldSpki: Uint8Array;
  readonly oldKeyType: KeyType;
  readonly issuedAt: number;
  readonly signature: Uint8Array;
}

/**
 * The chain that a certificate brings, the newest link first, the first one endorsing the certificate's own key; empty
 * when it has none, or one of a version that we do not know. Throws ERR_HANDCLASP_CERTIFICATE_MALFORMED, or
 * ERR_HANDCLASP_KEY_UNSUPPORTED for an old key that no certificate may have either.
 */
export function readEndorsement({
  endorsement,
  spki,
}: Pick<CertificateFacts, "endorsement" | "spki">): readonly EndorsementLink[] {
  const links = endorsement === undefined ? [] : readingCertificate(() => read(endorsement));
  return links.map(({ oldSpki, oldKeyType, issuedAt, signature }, index) => {
    const newSpki = links[index - 1]?.oldSpki ?? spki;
    return {
      oldPin: `sha256:${hash("sha256", oldSpki, "base64")}`,
      oldKeyType,
      issuedAt,
      verify: () => isSignedBy(oldKeyType, oldSpki, signedBytes(oldSpki, newSpki, issuedAt), signature),
    };
  });
}

/**
 * The extension's value for a certificate over the new key: the 4 newest links. Throws ERR_HANDCLASP_OPTION,
 * ERR_HANDCLASP_KEY_UNSUPPORTED, and what `readEndorsement` throws for a chain that cannot be read.
 */
export function createEndorsement(options: CreateEndorsementOptions): Uint8Array {
  const { oldKey, newSpki, issuedAt, previous } = options;
  if (!Number.isSafeInteger(issuedAt) || issuedAt < 0) throw unusable("issuedAt", "is no time since 1970");
  const oldSpki = options.oldSpki ?? createPublicKey(oldKey).export({ type: "spki", format: "der" });
  const type = readingCertificate(() => keyTypeOf(oldSpki, "oldKey"));
  readingCertificate(() => keyTypeOf(newSpki, "newKey"));
  const link = encodeDer(
    TAG.SEQUENCE,
    oldSpki,
    encodeDer(TAG.INTEGER, integerContent(issuedAt)),
    encodeDer(TAG.OCTET_STRING, signWith(type, oldKey, signedBytes(oldSpki, newSpki, issuedAt))),
  );
  const before = previous === undefined ? [] : readingCertificate(() => read(previous));
  const links = [link, ...before.map(({ der }) => der)].slice(0, MOST_LINKS);
  return encodeDer(
    TAG.SEQUENCE,
    encodeDer(TAG.INTEGER, Uint8Array.of(VERSION)),
    encodeDer(TAG.SEQUENCE, ...links),
  );
}

function read(value: Uint8Array): readonly RawLink[] {
  const extension = new DerReader(value, "certificate");
  const endorsement = extension.inside(TAG.SEQUENCE, "endorsement");
  extension.end();
  if (readInteger(endorsement, "version") !== VERSION) return [];
  const list = endorsement.inside(TAG.SEQUENCE, "links");
  endorsement.end();
  const links: RawLink[] = [];
  while (!list.isEmpty) {
    if (links.length === MOST_LINKS) throw list.malformed(`has more than ${MOST_LINKS}`);
    links.push(readLink(list));
  }
  if (links.length === 0) throw list.malformed("has no link");
  return links;
}

function readLink(list: DerReader): RawLink {
  const der = list.whole(TAG.SEQUENCE, "link");
  const outer = new DerReader(der, "certificate.endorsement.links");
  const link = outer.inside(TAG.SEQUENCE, "link");
  const oldSpki = link.whole(TAG.SEQUENCE, "oldKey");
  const oldKeyType = keyTypeOf(oldSpki, "certificate.endorsement.links.link.oldKey");
  const issuedAt = readInteger(link, "issuedAt");
  if (issuedAt === undefined) throw link.malformed("is no time since 1970", "issuedAt");
  const signature = link.content(TAG.OCTET_STRING, "signature");
  link.end();
  return { der, oldSpki, oldKeyType, issuedAt, signature };
}

function signedBytes(oldSpki: Uint8Array, newSpki: Uint8Array, issuedAt: number): Uint8Array {
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(issuedAt));
  return Buffer.concat([CONTEXT, oldSpki, newSpki, time]);
}

function unusable(option: keyof CreateEndorsementOptions, problem: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_OPTION", `${option}: ${problem}`, { details: { option } });
}
