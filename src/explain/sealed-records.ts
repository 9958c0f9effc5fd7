import { CONTENT_TYPE } from "../tls/content-type.ts";
import type { ConnectionEnd, Sender } from "./handshake-facts.ts";

interface SealedRecord {
  readonly by: Sender;
  readonly type: number;
  /** Of the fragment, without the header. */
  readonly length: number;
  /** It could not be read. */
  isSealed: boolean;
}

/** Level, description, content type and tag: RFC 8446 §5.2, of every suite but CCM_8. */
const ALERT_TLS13 = 19;
/** An empty Certificate under TLS 1.3 (RFC 8446 §4.4.2), without type and tag. */
const EMPTY_CERTIFICATE = 8;
/** A Finished with SHA-256 and with SHA-384. RFC 8446 §4.4.4. */
const FINISHED: readonly number[] = [36, 52];
/** Content type and tag. */
const OVERHEAD = 17;

const MOST = 64;

/** What the sizes and types of records tell of what is in them, where it cannot be decrypted. */
export class SealedRecords {
  readonly #records: SealedRecord[] = [];
  #isTls13 = false;
  #changed = new Set<Sender>();

  /** To be called with the ServerHello: what came before was in the clear. */
  begin(isTls13: boolean): void {
    this.#isTls13 = isTls13;
    this.#records.length = 0;
  }

  /** A record's header. */
  header(by: Sender, header: Uint8Array): void {
    const [type = 0, , , high = 0, low = 0] = header;
    if (type === CONTENT_TYPE.changeCipherSpec) this.#changed.add(by);
    else if (this.#records.length < MOST) {
      this.#records.push({ by, type, length: high * 256 + low, isSealed: true });
    }
  }

  /** What was told last of this sender was in the clear, or could be decrypted. */
  opened(by: Sender): void {
    const last = this.#records.findLast((record) => record.by === by);
    if (last !== undefined) last.isSealed = false;
  }

  /** Whether the handshake came to its end, as far as records tell. */
  get isDone(): boolean {
    if (!this.#isTls13) {
      return this.#changed.size === 2 && this.#data("client").length + this.#data("server").length > 0;
    }
    const [answer] = this.#sealed("client");
    return answer !== undefined && !this.#isAlert(answer) && this.#afterAnswer("server").length > 0;
  }

  /** What the client's first sealed record holds, or the first two: RFC 8446 §4.4. */
  get answer(): "finished" | "empty" | "certificate" | undefined {
    if (!this.#isTls13) return undefined;
    const [first, second] = this.#sealed("client");
    if (first === undefined || this.#isAlert(first)) return undefined;
    const content = first.length - OVERHEAD;
    if (FINISHED.includes(content)) return "finished";
    if (FINISHED.some((finished) => content === EMPTY_CERTIFICATE + finished)) return "empty";
    const isSplit = content === EMPTY_CERTIFICATE && FINISHED.includes((second?.length ?? 0) - OVERHEAD);
    return isSplit ? "empty" : "certificate";
  }

  /** Who sent an alert in place of what was to come next; a goodbye looks the same, and comes after something else. */
  alertOf(end: ConnectionEnd | undefined): Sender | undefined {
    if (!this.#isTls13) return this.#alertOf12();
    const [answer] = this.#sealed("client");
    if (answer !== undefined && this.#isAlert(answer)) return "client";
    const [next] = this.#afterAnswer("server");
    if (next === undefined || !this.#isAlert(next) || end?.by === "client") return undefined;
    const clients = this.#afterAnswer("client").filter((record) => this.#isBefore(record, next));
    return clients.some((record) => this.#isAlert(record)) ? undefined : "server";
  }

  /** The client spoke, the server answered, and there it ended. */
  get isOneExchange(): boolean {
    const clients = this.#isTls13 ? this.#afterAnswer("client") : this.#data("client");
    const servers = this.#isTls13 ? this.#afterAnswer("server") : this.#data("server");
    const goodbye = this.#records.filter((record) => this.#isAlert(record));
    const isServerFirst = goodbye[0] === undefined || goodbye[0].by === "server";
    return isServerFirst && clients.length >= 1 && clients.length <= 3 && servers.length >= 1;
  }

  /** Under TLS 1.2 an alert shows its type; before the other side left, and before any data, it is no goodbye. */
  #alertOf12(): Sender | undefined {
    const first = this.#records.find((record) => record.type === CONTENT_TYPE.alert && record.isSealed);
    if (first?.by !== "server" || this.#changed.size < 2) return undefined;
    return this.#data("server").some((record) => this.#isBefore(record, first)) ? undefined : "server";
  }

  #sealed(by: Sender): readonly SealedRecord[] {
    return this.#records.filter(
      (record) => record.by === by && record.isSealed && record.type === CONTENT_TYPE.applicationData,
    );
  }

  #data(by: Sender): readonly SealedRecord[] {
    return this.#records.filter((record) => record.by === by && record.type === CONTENT_TYPE.applicationData);
  }

  /** What a side sent once the client had answered; of the client itself without that answer. */
  #afterAnswer(by: Sender): readonly SealedRecord[] {
    const [first, second] = this.#sealed("client");
    if (first === undefined) return [];
    const isSplit = first.length === EMPTY_CERTIFICATE + OVERHEAD && second !== undefined;
    const answer = isSplit ? second : first;
    return this.#sealed(by).filter((record) => this.#isBefore(answer, record));
  }

  #isAlert({ type, length }: SealedRecord): boolean {
    return this.#isTls13 ? length === ALERT_TLS13 : type === CONTENT_TYPE.alert;
  }

  #isBefore(one: SealedRecord, other: SealedRecord): boolean {
    return this.#records.indexOf(one) < this.#records.indexOf(other);
  }
}
