import { HANDSHAKE_TYPE } from "../code-points/code-points.ts";
import { CONTENT_TYPE } from "../code-points/content-type.ts";
import type { SecretLabel } from "../keys/key-log-secrets.ts";
import { nextTrafficSecret } from "../keys/traffic-keys.ts";
import { LostRecords } from "./lost-records.ts";
import type { ServerHello } from "../messages/hello/server-hello.ts";
import type { Hellos } from "./observed-hellos.ts";
import { inTheClear, type Opening, openWith, SEALED, type SealedOpening } from "./observed-opening.ts";
import type { Sender } from "../records/sender.ts";
import type { ObservedSecrets } from "./observed-secrets.ts";
import { readableSuite } from "./observed-unread.ts";
import { Tls13RecordOpener } from "../keys/open-record-tls13.ts";
import type { TlsRecord } from "../records/record-reader.ts";
import type { Tls13Suite } from "../keys/tls13-suite.ts";

type Epoch = "early" | "handshake" | "application";

/** In the order of their use; the first is a client's alone. */
const EPOCHS: readonly Epoch[] = ["early", "handshake", "application"];

const LABELS: Readonly<Record<Sender, Readonly<Record<Epoch, SecretLabel>>>> = {
  client: {
    early: "CLIENT_EARLY_TRAFFIC_SECRET",
    handshake: "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    application: "CLIENT_TRAFFIC_SECRET_0",
  },
  server: {
    early: "CLIENT_EARLY_TRAFFIC_SECRET",
    handshake: "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    application: "SERVER_TRAFFIC_SECRET_0",
  },
};

const EARLY_DATA_PROBLEM = "early data cannot be decrypted: no CLIENT_EARLY_TRAFFIC_SECRET that fits";

/** The keys of one sender in TLS 1.3, from the ServerHello on. RFC 8446 §7.1, §7.2. */
export class ObservedKeys13 {
  readonly #sender: Sender;
  readonly #hellos: Hellos;
  readonly #secrets: ObservedSecrets;
  readonly #suite: Tls13Suite | SealedOpening;
  #epoch: Epoch;
  #secret: Uint8Array | undefined;
  #opener: Tls13RecordOpener | undefined;
  /** Whether early data may be on its way that nobody has the key of. RFC 8446 §4.2.10. */
  #skipsEarlyData = false;
  readonly #lost = new LostRecords();

  constructor(sender: Sender, hellos: Hellos, server: ServerHello, secrets: ObservedSecrets) {
    this.#sender = sender;
    this.#hellos = hellos;
    this.#secrets = secrets;
    this.#suite = readableSuite(server, "TLSv1.3");
    this.#epoch = sender === "client" && hellos.client?.earlyData === true ? "early" : "handshake";
  }

  /** `bytes` before the next record belong to none that was seen. */
  gap(bytes: number): void {
    this.#lost.within(bytes);
  }

  open(record: TlsRecord): Opening {
    const { type } = record;
    if (type === CONTENT_TYPE.changeCipherSpec || type === CONTENT_TYPE.alert) return inTheClear(record);
    if (type !== CONTENT_TYPE.applicationData)
      return { state: "sealed", problem: `a record of type ${type} in the clear, after keys were agreed on` };
    if ("state" in this.#suite) return this.#suite;
    if (record.hole !== undefined) {
      this.#lost.one();
      return SEALED;
    }
    if (this.#lost.isAny) return this.#resume(record, this.#suite);
    if (this.#epoch === "early") return this.#openEarly(record, this.#suite);
    return this.#openWithKeys(record, this.#suite, LABELS[this.#sender][this.#epoch]);
  }

  /** To be called for each handshake message; true when the next one comes under other keys. */
  after(messageType: number): boolean {
    if (messageType === HANDSHAKE_TYPE.finished && this.#epoch === "handshake")
      return this.#enter("application");
    if (messageType === HANDSHAKE_TYPE.end_of_early_data && this.#epoch === "early")
      return this.#enter("handshake");
    if (messageType !== HANDSHAKE_TYPE.key_update || this.#epoch !== "application") return false;
    if ("state" in this.#suite || this.#secret === undefined) return false;
    this.#secret = nextTrafficSecret(this.#secret, this.#suite.hash);
    this.#opener = new Tls13RecordOpener(this.#suite, this.#secret);
    return true;
  }

  #enter(epoch: Epoch): true {
    this.#epoch = epoch;
    this.#secret = undefined;
    this.#opener = undefined;
    return true;
  }

  /** What early data is, is told by its keys alone: what they do not open is skipped or of the handshake. */
  #openEarly(record: TlsRecord, suite: Tls13Suite): Opening {
    const opening = this.#openWithKeys(record, suite, LABELS.client.early);
    if (opening.state === "open") return opening;
    if (opening.state === "waiting" && this.#find(LABELS.client.handshake) === undefined) return opening;
    this.#skipsEarlyData = true;
    this.#enter("handshake");
    return this.#openWithKeys(record, suite, LABELS.client.handshake);
  }

  #openWithKeys(record: TlsRecord, suite: Tls13Suite, label: SecretLabel): Opening {
    if (this.#opener === undefined) {
      this.#secret = this.#find(label);
      if (this.#secret === undefined) return this.#waiting(label);
      this.#opener = new Tls13RecordOpener(suite, this.#secret);
    }
    const opening = openWith(this.#opener, record, true);
    if (!this.#skipsEarlyData) return opening;
    if (opening.state === "sealed") return SEALED;
    this.#skipsEarlyData = false;
    const isMissed = opening.state === "open" && this.#hellos.encryptedExtensions?.earlyData === true;
    return isMissed ? { ...opening, problem: EARLY_DATA_PROBLEM } : opening;
  }

  /** Records are missing before this one, and the end of an epoch may be among them. */
  #resume(record: TlsRecord, suite: Tls13Suite): Opening {
    const label = LABELS[this.#sender][this.#epoch];
    let isKeyed = false;
    for (const epoch of EPOCHS.slice(EPOCHS.indexOf(this.#epoch))) {
      const isSame = epoch === this.#epoch;
      const secret = (isSame ? this.#secret : undefined) ?? this.#find(LABELS[this.#sender][epoch]);
      if (secret === undefined) continue;
      isKeyed = true;
      const opener = (isSame ? this.#opener : undefined) ?? new Tls13RecordOpener(suite, secret);
      const opening = this.#lost.open(opener, record, true, isSame);
      if (opening === undefined) continue;
      this.#epoch = epoch;
      this.#secret = secret;
      this.#opener = opener;
      this.#skipsEarlyData = false;
      return opening;
    }
    return isKeyed ? this.#lost.fail() : this.#waiting(label);
  }

  #waiting(label: SecretLabel): Opening {
    const { client } = this.#hellos;
    return { state: "waiting", missing: client === undefined ? "a ClientHello" : `the secret ${label}` };
  }

  #find(label: SecretLabel): Uint8Array | undefined {
    const { client } = this.#hellos;
    return client === undefined ? undefined : this.#secrets.find(label, client.random);
  }
}
