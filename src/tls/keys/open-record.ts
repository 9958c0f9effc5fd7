import { Tls12AeadOpener } from "./open-record-tls12-aead.ts";
import { Tls12NullOpener } from "./open-record-tls12-null.ts";
import { Tls12CbcOpener } from "./open-record-tls12-cbc.ts";
import type { RecordOpener } from "./record-protection.ts";
import { type Randoms, type Tls12WriteKeys, tls12Keys } from "./tls12-key-schedule.ts";
import type { Tls12Suite } from "./tls12-suite.ts";

/** What the two sides of TLS 1.2 agreed on. */
export interface Tls12Session {
  readonly suite: Tls12Suite;
  /** As logged under CLIENT_RANDOM; made with or without RFC 7627, it is used in the same way. */
  readonly masterSecret: Uint8Array;
  readonly randoms: Randoms;
  /** Whether ServerHello had the extension; means nothing but to block ciphers. RFC 7366 §2. */
  readonly encryptThenMac: boolean;
}

/** What opens the records that each side sends after its ChangeCipherSpec. RFC 5246 §6.2.3. */
export function openTls12Records(session: Tls12Session): {
  readonly client: RecordOpener;
  readonly server: RecordOpener;
} {
  const { client, server } = tls12Keys(session.masterSecret, session.suite, session.randoms);
  return { client: opener(session, client), server: opener(session, server) };
}

function opener({ suite: { cipher }, encryptThenMac }: Tls12Session, keys: Tls12WriteKeys): RecordOpener {
  if (cipher.mode === "aead") return new Tls12AeadOpener(cipher, keys);
  if (cipher.mode === "cbc") return new Tls12CbcOpener(cipher, keys, encryptThenMac);
  return new Tls12NullOpener(cipher, keys);
}
