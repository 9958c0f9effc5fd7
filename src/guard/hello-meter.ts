import { CONTENT_TYPE } from "../tls/content-type.ts";

const HEADER = 5;
/** The record's header and the message's. RFC 8446 §4, §5.1. */
const HEADERS = HEADER + 4;
const CLIENT_HELLO = 1;
/** One more after a HelloRetryRequest. RFC 8446 §4.1.2. */
const MOST_HELLOS = 2;
/** What OpenSSL takes: a hello may hold a ticket with a whole certificate in it. */
const MOST_BYTES = 128 * 1024;
/** RFC 8446 §5. */
const CHANGE_CIPHER_SPEC = HEADER + 1;

/** Tells the ClientHello of a client, which costs next to nothing, from what follows it. */
export class HelloMeter {
  #hellos = 0;
  #inMessage = 0;
  #inRecord = 0;
  #isOver = false;

  /** Whether the last bytes are too few to be told: they have to come again, in front of the next. */
  get waits(): boolean {
    return this.#waits;
  }
  #waits = false;

  /** How many bytes at the front belong to hellos. To be called with all that comes, in order. */
  measure(bytes: Uint8Array): number {
    let at = 0;
    this.#waits = false;
    while (!this.#isOver && at < bytes.length) {
      if (this.#inRecord > 0) {
        const length = Math.min(this.#inRecord, bytes.length - at);
        this.#inRecord -= length;
        this.#inMessage -= length;
        at += length;
        continue;
      }
      const header = this.#header(bytes, at);
      if (header === undefined) {
        this.#waits = true;
        break;
      }
      at += header;
    }
    return at;
  }

  /** How much of a record's beginning was read, 0 when it belongs to no hello; undefined when it takes more to say. */
  #header(bytes: Uint8Array, at: number): number | undefined {
    const have = bytes.length - at;
    const type = bytes[at];
    if (type === CONTENT_TYPE.changeCipherSpec && this.#inMessage === 0 && this.#hellos === 1) {
      return have < CHANGE_CIPHER_SPEC ? undefined : CHANGE_CIPHER_SPEC;
    }
    if (type !== CONTENT_TYPE.handshake) return this.#end();
    const isNew = this.#inMessage === 0;
    if (have < (isNew ? HEADERS : HEADER)) return undefined;
    if (isNew) {
      if (bytes[at + HEADER] !== CLIENT_HELLO || ++this.#hellos > MOST_HELLOS) return this.#end();
      this.#inMessage =
        4 +
        (((bytes[at + HEADER + 1] ?? 0) << 16) |
          ((bytes[at + HEADER + 2] ?? 0) << 8) |
          (bytes[at + HEADER + 3] ?? 0));
    }
    this.#inRecord = ((bytes[at + 3] ?? 0) << 8) | (bytes[at + 4] ?? 0);
    // Whatever shares a record with a hello is not told apart from it: both count.
    return this.#inRecord > this.#inMessage || this.#inMessage > MOST_BYTES ? this.#end() : HEADER;
  }

  #end(): number {
    this.#isOver = true;
    return 0;
  }
}
