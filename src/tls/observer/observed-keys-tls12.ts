import { CONTENT_TYPE } from "../code-points/content-type.ts";
import { LostRecords } from "./lost-records.ts";
import type { Hellos } from "./observed-hellos.ts";
import { inTheClear, isPlainAlert, type Opening, openWith, SEALED } from "./observed-opening.ts";
import type { Sender } from "../records/sender.ts";
import type { ObservedSecrets } from "./observed-secrets.ts";
import { readableSuite } from "./observed-unread.ts";
import { openTls12Records } from "../keys/open-record.ts";
import type { RecordOpener } from "../keys/record-protection.ts";
import type { TlsRecord } from "../records/record-reader.ts";

/** The keys of one sender until TLS 1.2: none up to its ChangeCipherSpec, new ones after each. RFC 5246 §7.1. */
export class ObservedKeys12 {
  readonly #sender: Sender;
  readonly #secrets: ObservedSecrets;
  /** Whose keys are in use, or will be as soon as the secret comes. */
  #hellos: Hellos | undefined;
  #opener: RecordOpener | undefined;
  readonly #lost = new LostRecords();

  constructor(sender: Sender, secrets: ObservedSecrets) {
    this.#sender = sender;
    this.#secrets = secrets;
  }

  /** The keys that these hellos lead to. */
  changeCipherSpec(hellos: Hellos): void {
    this.#hellos = hellos;
    this.#opener = undefined;
    this.#lost.restart();
  }

  /** `bytes` before the next record belong to none that was seen. */
  gap(bytes: number): void {
    this.#lost.within(bytes);
  }

  /** `isAdrift`: bytes are missing before the record, and it does not read as handshake messages in the clear. */
  open(record: TlsRecord, hellos: Hellos, isAdrift: boolean): Opening {
    if (this.#hellos !== undefined) return this.#openProtected(record, this.#hellos);
    const isClear = record.type === CONTENT_TYPE.changeCipherSpec || isPlainAlert(record);
    if (isAdrift && !isClear) return this.#openAdrift(record, hellos);
    return record.type === CONTENT_TYPE.applicationData ? SEALED : inTheClear(record);
  }

  /** The ChangeCipherSpec may be among what is missing. What is neither in the clear nor opens may be half a message. */
  #openAdrift(record: TlsRecord, hellos: Hellos): Opening {
    if (record.hole !== undefined) return SEALED;
    if (record.type !== CONTENT_TYPE.handshake) {
      this.#hellos = hellos;
      return this.#openProtected(record, hellos);
    }
    const opener = this.#findOpener(hellos);
    if ("state" in opener) return SEALED;
    const opening = this.#lost.open(opener, record, false, false);
    if (opening === undefined) return SEALED;
    this.#hellos = hellos;
    this.#opener = opener;
    return opening;
  }

  #openProtected(record: TlsRecord, hellos: Hellos): Opening {
    if (record.hole !== undefined) {
      this.#lost.one();
      return SEALED;
    }
    if (this.#opener === undefined) {
      const found = this.#findOpener(hellos);
      if ("state" in found) return found;
      this.#opener = found;
    }
    if (!this.#lost.isAny) return openWith(this.#opener, record, false);
    return this.#lost.open(this.#opener, record, false, true) ?? this.#lost.fail();
  }

  #findOpener({ client, server }: Hellos): RecordOpener | Opening {
    if (server === undefined) return { state: "waiting", missing: "a ServerHello" };
    const suite = readableSuite(server, "TLSv1.2");
    if ("state" in suite) return suite;
    if (client === undefined) return { state: "waiting", missing: "a ClientHello" };
    const masterSecret = this.#secrets.find("CLIENT_RANDOM", client.random);
    if (masterSecret === undefined) return { state: "waiting", missing: "the secret CLIENT_RANDOM" };
    const randoms = { client: client.random, server: server.random };
    const encryptThenMac = server.encryptThenMac === true;
    return openTls12Records({ suite, masterSecret, randoms, encryptThenMac })[this.#sender];
  }
}
