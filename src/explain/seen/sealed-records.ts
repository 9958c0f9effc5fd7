import { CONTENT_TYPE } from "../../tls/code-points/content-type.ts";
import type { Sender } from "../../tls/records/sender.ts";

interface SealedRecord {
  readonly by: Sender;
  readonly type: number;
  /** Of the fragment, without the header. */
  readonly length: number;
  readonly packet: number | undefined;
  /** It could not be read. */
  isSealed: boolean;
}

/** Level, description, content type and tag: RFC 8446 §5.2, of every suite but CCM_8. */
const ALERT_TLS13 = 19;
/** What some pad everything with but application data. RFC 8446 §5.4. */
const PADDING = 16;
/** An empty Certificate under TLS 1.3 (RFC 8446 §4.4.2), without type and tag. */
const EMPTY_CERTIFICATE = 8;
/** A Finished with SHA-256 and with SHA-384. RFC 8446 §4.4.4. */
const FINISHED: readonly number[] = [36, 52];
/** Content type and tag. */
const OVERHEAD = 17;

/** Of one answer in HTTP that says no, with its head. */
const SHORT_ANSWER = 1024;

/** Records of one request: head and body. */
const MOST_ASKED = 2;
/** CertificateVerify and Finished, which may have records of their own. */
const BEHIND_CERTIFICATE = 2;

const MOST = 64;

/** What the sizes and types of records tell of what is in them, where it cannot be decrypted. */
export class SealedRecords {
  readonly #records: SealedRecord[] = [];
  #isTls13 = false;
  #changed = new Set<Sender>();
  /** Who ended the connection, and behind how many records, of those that had been told. */
  #end: { readonly by: Sender; readonly at: number; readonly packet: number | undefined } | undefined;

  /** To be called with the ServerHello: what came before was in the clear. */
  begin(isTls13: boolean): void {
    this.#isTls13 = isTls13;
    this.#records.length = 0;
  }

  /** A record's header; `packet` tells where it came, be it that it is told later: records wait for their keys. */
  header(by: Sender, header: Uint8Array, packet?: number): void {
    const [type = 0, , , high = 0, low = 0] = header;
    if (type === CONTENT_TYPE.changeCipherSpec) this.#changed.add(by);
    else if (this.#records.length < MOST) {
      this.#records.push({ by, type, length: high * 256 + low, packet, isSealed: true });
    }
  }

  /** A FIN or RST; the first one counts. */
  ended(by: Sender, packet?: number): void {
    this.#end ??= { by, at: this.#records.length, packet };
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
    if (isOf(first, FINISHED)) return "finished";
    if (
      isOf(
        first,
        FINISHED.map((size) => size + EMPTY_CERTIFICATE),
      )
    )
      return "empty";
    return this.#isSplit(first, second) ? "empty" : "certificate";
  }

  /** Who sent an alert in place of what was to come next; a goodbye looks the same, and comes after something else. */
  get alert(): Sender | undefined {
    if (!this.#isTls13) return this.#alertOf12();
    const [answer] = this.#sealed("client");
    if (answer === undefined) return this.#alertInFlight();
    if (this.#isAlert(answer)) return "client";
    const [next] = this.#afterAnswer("server");
    if (next === undefined || !this.#isAlert(next) || this.#isAnswerToEnd(next)) return undefined;
    const clients = this.#afterAnswer("client").filter((record) => this.#isBefore(record, next));
    return clients.some((record) => this.#isAlert(record)) ? undefined : "server";
  }

  /** Whether the server had not yet come to its Finished when it sent its alert. */
  get isAlertInFlight(): boolean {
    return this.#isTls13 && this.#sealed("client").length === 0 && this.#alertInFlight() !== undefined;
  }

  /** The client spoke, the server answered in short, and there it ended. */
  get isOneExchange(): boolean {
    const said = (by: Sender): readonly SealedRecord[] =>
      (this.#isTls13 ? this.#afterAnswer(by) : this.#data(by)).filter((record) => !this.#isAlert(record));
    const clients = said("client");
    const asked = clients.at(-1);
    const most = MOST_ASKED + (this.answer === "certificate" ? BEHIND_CERTIFICATE : 0);
    if (asked === undefined || clients.length > most) return false;
    // What came before may be tickets.
    const answer = said("server").filter((record) => this.#isBefore(asked, record));
    const size = answer.reduce((sum, { length }) => sum + length, 0);
    return answer.length > 0 && size <= SHORT_ANSWER && this.#firstToLeave() === "server";
  }

  /** The client left behind the handshake before it, or the server, had said anything. */
  get leftUnspoken(): boolean {
    const [answer] = this.#sealed("client");
    const next = this.#isTls13
      ? this.#afterAnswer("client")[0]
      : this.#records.find((record) => record.by === "client" && record.type !== CONTENT_TYPE.handshake);
    if (this.#isTls13 ? answer === undefined || this.#isAlert(answer) : this.#changed.size < 2) return false;
    if (next === undefined || !this.#isAlert(next) || !next.isSealed) return false;
    if (this.#isTls13) return true;
    const isFirst = (record: SealedRecord): boolean =>
      record.type !== CONTENT_TYPE.handshake && this.#isBefore(record, next);
    return !this.#records.some(isFirst);
  }

  /** Goodbyes are said before connections are ended, and may be answered by the end of the other side. */
  #firstToLeave(): Sender | undefined {
    const goodbye = this.#records.find((record) => record.isSealed && this.#isAlert(record));
    return goodbye === undefined || this.#isBehindEnd(goodbye) ? this.#end?.by : goodbye.by;
  }

  /** Under TLS 1.2 an alert shows its type; before the other side left, and before any data, it is no goodbye. */
  #alertOf12(): Sender | undefined {
    const first = this.#records.find((record) => record.type === CONTENT_TYPE.alert && record.isSealed);
    if (first?.by !== "server" || this.#changed.size < 2) return undefined;
    return this.#data("server").some((record) => this.#isBefore(record, first)) ? undefined : "server";
  }

  /** What a server sends last before the client has answered is its Finished, or else an alert. */
  #alertInFlight(): Sender | undefined {
    const last = this.#sealed("server").at(-1);
    return last !== undefined && this.#isAlert(last) && !this.#isAnswerToEnd(last) ? "server" : undefined;
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
    const answer = second !== undefined && this.#isSplit(first, second) ? second : first;
    return this.#sealed(by).filter((record) => this.#isBefore(answer, record));
  }

  /** An empty Certificate and a Finished, each in a record of its own. */
  #isSplit(first: SealedRecord, second: SealedRecord | undefined): boolean {
    return second !== undefined && isOf(first, [EMPTY_CERTIFICATE]) && isOf(second, FINISHED);
  }

  /** With padding the size could be that of something short, so it has to be the last that its sender says. */
  #isAlert(record: SealedRecord): boolean {
    if (!this.#isTls13) return record.type === CONTENT_TYPE.alert;
    if (record.length !== ALERT_TLS13 + PADDING) return record.length === ALERT_TLS13;
    const later = this.#sealed(record.by).filter((each) => this.#isBefore(record, each));
    return later.every(({ length }) => length === record.length);
  }

  #isBehindEnd(record: SealedRecord): boolean {
    if (this.#end === undefined) return false;
    const { at, packet } = this.#end;
    const isTold = record.packet !== undefined && packet !== undefined;
    return isTold ? record.packet > packet : this.#records.indexOf(record) >= at;
  }

  /** Its sender may only have answered to that the other side left. */
  #isAnswerToEnd(record: SealedRecord): boolean {
    return this.#end !== undefined && this.#end.by !== record.by && this.#isBehindEnd(record);
  }

  #isBefore(one: SealedRecord, other: SealedRecord): boolean {
    return this.#records.indexOf(one) < this.#records.indexOf(other);
  }
}

/** Whether a record of TLS 1.3 has one of these sizes inside, padded or not. */
function isOf({ length }: SealedRecord, sizes: readonly number[]): boolean {
  const content = length - OVERHEAD;
  return sizes.includes(content) || sizes.includes(content - PADDING);
}
