import { VERSIONS } from "./code-points-version.ts";
import { CONTENT_TYPE } from "./content-type.ts";
import { type Hellos, isUnanswered } from "./observed-hellos.ts";
import { ObservedKeys12 } from "./observed-keys-tls12.ts";
import { ObservedKeys13 } from "./observed-keys-tls13.ts";
import { inTheClear, type Opening, SEALED, type Sender } from "./observed-opening.ts";
import type { ObservedSecrets } from "./observed-secrets.ts";
import type { TlsRecord } from "./record-reader.ts";

/** Opens the records of one sender from its first hello on, by whatever keys are in use. RFC 8446 §7, RFC 5246 §6.3. */
export class ObservedKeys {
  readonly #sender: Sender;
  readonly #secrets: ObservedSecrets;
  #keys: ObservedKeys12 | ObservedKeys13 | undefined;
  #isLost = false;

  constructor(sender: Sender, secrets: ObservedSecrets) {
    this.#sender = sender;
    this.#secrets = secrets;
  }

  /** Whether a hello may come: at the beginning, and until TLS 1.2 at any time. */
  get takesHellos(): boolean {
    return !(this.#keys instanceof ObservedKeys13);
  }

  /** `isPartial` when a handshake message was begun and goes on in this record. */
  open(record: TlsRecord, hellos: Hellos, isPartial: boolean): Opening {
    if (this.#isLost) return this.#openLost(record);
    const keys = (this.#keys ??= this.#settled(hellos));
    const opening = keys === undefined ? this.#beforeKeys(record, hellos, isPartial) : keys.open(record);
    if (opening.state === "sealed" && opening.problem !== undefined) this.lose();
    return opening;
  }

  /** Until TLS 1.2 it changes the keys, in TLS 1.3 nothing. RFC 5246 §7.1, RFC 8446 §D.4. */
  changeCipherSpec(hellos: Hellos): boolean {
    if (!(this.#keys instanceof ObservedKeys12)) return false;
    this.#keys.changeCipherSpec(hellos);
    return true;
  }

  /** To be called for each handshake message; true when the next one comes under other keys. */
  after(messageType: number): boolean {
    return this.#keys instanceof ObservedKeys13 && this.#keys.after(messageType);
  }

  /** From now on nothing more is decrypted. */
  lose(): void {
    this.#isLost = true;
  }

  #settled(hellos: Hellos): ObservedKeys12 | ObservedKeys13 | undefined {
    const { server } = hellos;
    if (server === undefined || isAwaited(this.#sender, hellos)) return undefined;
    return VERSIONS.name(server.version) === "TLSv1.3"
      ? new ObservedKeys13(this.#sender, hellos, server.cipherSuite, this.#secrets)
      : new ObservedKeys12(this.#sender, this.#secrets);
  }

  #beforeKeys(record: TlsRecord, hellos: Hellos, isPartial: boolean): Opening {
    if (record.type === CONTENT_TYPE.alert || isPartial) return inTheClear(record);
    if (this.#sender === "client" && isUnanswered(hellos))
      return { state: "waiting", missing: "a ServerHello" };
    // Early data that a HelloRetryRequest put an end to.
    if (record.type === CONTENT_TYPE.applicationData && hellos.clientHellos > 0) return SEALED;
    return inTheClear(record);
  }

  /** In TLS 1.3 these two come in the clear whatever the keys. */
  #openLost(record: TlsRecord): Opening {
    const isPlain = record.type === CONTENT_TYPE.changeCipherSpec || record.type === CONTENT_TYPE.alert;
    return isPlain && this.#keys instanceof ObservedKeys13 ? inTheClear(record) : SEALED;
  }
}

/** Whether the client's last hello, which the server's answers, is still to be read. */
function isAwaited(sender: Sender, { retry, clientHellos }: Hellos): boolean {
  return sender === "client" && clientHellos <= (retry === undefined ? 0 : 1);
}
