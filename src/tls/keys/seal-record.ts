import { createCipheriv } from "node:crypto";
import { CONTENT_TYPE } from "../code-points/content-type.ts";
import { recordNonce } from "./record-protection-aead.ts";
import type { Tls13Suite } from "./tls13-suite.ts";
import type { TrafficKeys } from "./traffic-keys.ts";

/** What goes into one TLS 1.3 record. */
export interface Plaintext {
  readonly type: number;
  readonly content: Uint8Array;
  /** How many records these keys sealed before. */
  readonly sequence: number;
}

/** Seals a TLSCiphertext: no padding, header as additional data. RFC 8446 §5.2. */
export function sealRecord(keys: TrafficKeys, suite: Tls13Suite, plaintext: Plaintext): Uint8Array {
  const inner = Buffer.concat([plaintext.content, Uint8Array.of(plaintext.type)]);
  const length = inner.length + suite.tagLength;
  const header = Uint8Array.of(CONTENT_TYPE.applicationData, 0x03, 0x03, length >> 8, length & 0xff);
  const nonce = recordNonce(keys.iv, plaintext.sequence);
  // The three families share this surface at run time; their types differ in what is optional.
  const cipher = createCipheriv(suite.aead as "aes-128-ccm", keys.key, nonce, {
    authTagLength: suite.tagLength,
  });
  cipher.setAAD(header, { plaintextLength: inner.length });
  const sealed = cipher.update(inner);
  cipher.final();
  return Buffer.concat([header, sealed, cipher.getAuthTag()]);
}
