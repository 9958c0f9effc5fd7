import { CIPHER_SUITES } from "./cipher-suite.ts";
import { HANDSHAKE_TYPE } from "./code-points.ts";
import { CONTENT_TYPE } from "./content-type.ts";
import type { SecretLabel } from "./key-log-secrets.ts";
import { nextTrafficSecret } from "./key-schedule.ts";
import type { Hellos } from "./observed-hellos.ts";
import { inTheClear, type Opening, openWith, SEALED, type Sender } from "./observed-opening.ts";
import type { ObservedSecrets } from "./observed-secrets.ts";
import { Tls13RecordOpener } from "./open-record-tls13.ts";
import type { TlsRecord } from "./record-reader.ts";
import type { Tls13Suite } from "./tls13-suite.ts";

type Epoch = "early" | "handshake" | "application";

const LABELS: Readonly<Record<Sender, Readonly<Record<Exclude<Epoch, "early">, SecretLabel>>>> = {
  client: { handshake: "CLIENT_HANDSHAKE_TRAFFIC_SECRET", application: "CLIENT_TRAFFIC_SECRET_0" },
  server: { handshake: "SERVER_HANDSHAKE_TRAFFIC_SECRET", application: "SERVER_TRAFFIC_SECRET_0" },
};

const EARLY_DATA_PROBLEM = "early data cannot be decrypted: no CLIENT_EARLY_TRAFFIC_SECRET that fits";

/** The keys of one sender in TLS 1.3, from the ServerHello on. RFC 8446 §7.1, §7.2. */
export class ObservedKeys13 {
  readonly #sender: Sender;
  readonly #hellos: Hellos;
  readonly #secrets: ObservedSecrets;
  readonly #suite: Tls13Suite | undefined;
  #epoch: Epoch;
  #secret: Uint8Array | undefined;
  #opener: Tls13RecordOpener | undefined;
  /** Whether early data may be on its way that nobody has the key of. RFC 8446 §4.2.10. */
  #skipsEarlyData = false;

  constructor(sender: Sender, hellos: Hellos, cipherSuite: number, secrets: ObservedSecrets) {
    this.#sender = sender;
    this.#hellos = hellos;
    this.#secrets = secrets;
    const suite = CIPHER_SUITES.get(cipherSuite);
    this.#suite = suite?.version === "TLSv1.3" ? suite : undefined;
    this.#epoch = sender === "client" && hellos.client?.earlyData === true ? "early" : "handshake";
  }

  open(record: TlsRecord): Opening {
    const { type } = record;
    if (type === CONTENT_TYPE.changeCipherSpec || type === CONTENT_TYPE.alert) return inTheClear(record);
    if (type !== CONTENT_TYPE.applicationData)
      return { state: "sealed", problem: `a record of type ${type} in the clear, after keys were agreed on` };
    if (this.#suite === undefined)
      return { state: "sealed", problem: "records of an unknown suite are not decrypted" };
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
    if (this.#suite === undefined || this.#secret === undefined) return false;
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
    const opening = this.#openWithKeys(record, suite, "CLIENT_EARLY_TRAFFIC_SECRET");
    if (opening.state === "open") return opening;
    if (opening.state === "waiting" && this.#find(LABELS.client.handshake) === undefined) return opening;
    this.#skipsEarlyData = true;
    this.#enter("handshake");
    return this.#openWithKeys(record, suite, LABELS.client.handshake);
  }

  #openWithKeys(record: TlsRecord, suite: Tls13Suite, label: SecretLabel): Opening {
    if (this.#opener === undefined) {
      this.#secret = this.#find(label);
      if (this.#secret === undefined) return { state: "waiting", missing: `the secret ${label}` };
      this.#opener = new Tls13RecordOpener(suite, this.#secret);
    }
    const opening = openWith(this.#opener, record, true);
    if (!this.#skipsEarlyData) return opening;
    if (opening.state === "sealed") return SEALED;
    this.#skipsEarlyData = false;
    const isMissed = opening.state === "open" && this.#hellos.earlyDataAccepted === true;
    return isMissed ? { ...opening, problem: EARLY_DATA_PROBLEM } : opening;
  }

  #find(label: SecretLabel): Uint8Array | undefined {
    const { client } = this.#hellos;
    return client === undefined ? undefined : this.#secrets.find(label, client.random);
  }
}
