import { CONTENT_TYPE } from "../code-points/content-type.ts";
import { type Hellos, hidesTypes, isUnanswered } from "./observed-hellos.ts";
import { ObservedKeys12 } from "./observed-keys-tls12.ts";
import { ObservedKeys13 } from "./observed-keys-tls13.ts";
import { inTheClear, isPlainAlert, type Opening, SEALED } from "./observed-opening.ts";
import type { Sender } from "../records/sender.ts";
import type { ObservedSecrets } from "./observed-secrets.ts";
import { isHello } from "./plausible-handshake.ts";
import type { TlsRecord } from "../records/record-reader.ts";

/** Opens the records of one sender from its first hello on, by whatever keys are in use. RFC 8446 §7, RFC 5246 §6.3. */
export class ObservedKeys {
  readonly #sender: Sender;
  readonly #secrets: ObservedSecrets;
  #keys: ObservedKeys12 | ObservedKeys13 | undefined;
  #isLost = false;
  /** Whether the other side's hello is not waited for any more. */
  #isAlone = false;
  /** Whether what comes before any keys are known is ciphertext all the same, but for hellos. */
  #isSealed = false;
  #hasSaid = false;
  /** What was missing before there were keys. */
  #gap: number | undefined;

  constructor(sender: Sender, secrets: ObservedSecrets) {
    this.#sender = sender;
    this.#secrets = secrets;
  }

  /** Whether a hello may come: at the beginning, and until TLS 1.2 at any time. */
  get takesHellos(): boolean {
    return !(this.#keys instanceof ObservedKeys13);
  }

  /**
   * `isPartial` when a handshake message was begun and goes on in this record; `isAdrift` when bytes are missing before
   * it, and it does not read as handshake messages in the clear.
   */
  open(record: TlsRecord, hellos: Hellos, isPartial: boolean, isAdrift: boolean): Opening {
    if (this.#isLost) return this.#openLost(record);
    const keys = (this.#keys ??= this.#settle(hellos));
    const opening =
      keys === undefined
        ? this.#beforeKeys(record, hellos, isPartial, isAdrift)
        : keys.open(record, hellos, isAdrift);
    if (opening.state === "sealed" && opening.problem !== undefined && keys !== undefined) this.lose();
    return opening;
  }

  /**
   * Until TLS 1.2 what follows is under new keys, in TLS 1.3 it means nothing (RFC 5246 §7.1, RFC 8446 §D.4). Where the
   * version is not known, ciphertext follows: of TLS 1.3 nothing but a hello can come in a handshake record.
   */
  changeCipherSpec(hellos: Hellos): boolean {
    if (this.#keys instanceof ObservedKeys13) return false;
    if (this.#keys === undefined) this.#isSealed = true;
    else this.#keys.changeCipherSpec(hellos);
    return true;
  }

  /** To be called for each handshake message; true when the next one comes under other keys. */
  after(messageType: number): boolean {
    return this.#keys instanceof ObservedKeys13 && this.#keys.after(messageType);
  }

  /** `bytes` before the next record belong to none that was seen. */
  gap(bytes: number): void {
    if (this.#keys === undefined) this.#gap = (this.#gap ?? 0) + bytes;
    else this.#keys.gap(bytes);
  }

  /** What was waited for of the other side does not come: what is in the clear is read without. */
  goAlone(): void {
    this.#isAlone = true;
  }

  /** From now on nothing more is decrypted. */
  lose(): void {
    this.#isLost = true;
  }

  #settle(hellos: Hellos): ObservedKeys12 | ObservedKeys13 | undefined {
    const { server } = hellos;
    if (server === undefined || isAwaited(this.#sender, hellos)) return undefined;
    const keys = hidesTypes(server)
      ? new ObservedKeys13(this.#sender, hellos, server, this.#secrets)
      : new ObservedKeys12(this.#sender, this.#secrets);
    if (this.#isSealed && keys instanceof ObservedKeys12) keys.changeCipherSpec(hellos);
    if (this.#gap !== undefined) keys.gap(this.#gap);
    return keys;
  }

  #beforeKeys(record: TlsRecord, hellos: Hellos, isPartial: boolean, isAdrift: boolean): Opening {
    const { type } = record;
    if (isPartial || isPlainAlert(record)) return inTheClear(record);
    if (this.#sender === "client" && isUnanswered(hellos) && !this.#isAlone)
      return { state: "waiting", missing: "a ServerHello" };
    if (type === CONTENT_TYPE.changeCipherSpec) return inTheClear(record);
    if (this.#isSealed && isHello(record, this.#sender)) this.#isSealed = false;
    const isData = type === CONTENT_TYPE.applicationData;
    const isBegun = hasHello(this.#sender, hellos);
    if (isData || (type === CONTENT_TYPE.alert && !isBegun)) this.#isSealed = true;
    // Of a connection that was open already, or early data that a HelloRetryRequest put an end to.
    if (isData && (!isBegun || hellos.retry !== undefined)) return SEALED;
    if (isAdrift && !isData) return SEALED;
    return this.#isSealed ? this.#withoutHello(hellos) : inTheClear(record);
  }

  #withoutHello({ server }: Hellos): Opening {
    if (this.#hasSaid) return SEALED;
    this.#hasSaid = true;
    const missing = server === undefined ? "ServerHello" : "ClientHello";
    return { state: "sealed", problem: `records cannot be decrypted without a ${missing}, which is missing` };
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

function hasHello(sender: Sender, { clientHellos, retry, server }: Hellos): boolean {
  return sender === "client" ? clientHellos > 0 : (retry ?? server) !== undefined;
}
