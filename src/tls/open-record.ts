import { Tls12AeadOpener } from "./open-record-tls12-aead.ts";
import { Tls12CbcOpener } from "./open-record-tls12-cbc.ts";
import type { RecordOpener } from "./record-protection.ts";
import type { Randoms } from "./tls12-key-schedule.ts";
import { tls12Keys } from "./tls12-key-schedule.ts";
import type { Tls12Suite } from "./tls12-suite.ts";

/** What the two sides of TLS 1.2 agreed on. */
export interface Tls12Session {
  readonly suite: Tls12Suite;
  /** As logged under CLIENT_RANDOM; made with or without RFC 7627, it is used in the same way. */
  readonly masterSecret: Uint8Array;
  readonly randoms: Randoms;
  /** Whether ServerHello had the extension; means nothing to AEADs. RFC 7366 §2. */
  readonly encryptThenMac: boolean;
}

/** What opens the records that each side sends after its ChangeCipherSpec. RFC 5246 §6.2.3. */
export function openTls12Records(session: Tls12Session): {
  readonly client: RecordOpener;
  readonly server: RecordOpener;
} {
  const { cipher } = session.suite;
  const { client, server } = tls12Keys(session.masterSecret, session.suite, session.randoms);
  if (cipher.mode === "aead") {
    return { client: new Tls12AeadOpener(cipher, client), server: new Tls12AeadOpener(cipher, server) };
  }
  const { encryptThenMac } = session;
  return {
    client: new Tls12CbcOpener(cipher, client, encryptThenMac),
    server: new Tls12CbcOpener(cipher, server, encryptThenMac),
  };
}
