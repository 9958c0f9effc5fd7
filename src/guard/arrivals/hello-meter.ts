import { CONTENT_TYPE } from "../../tls/code-points/content-type.ts";

/** Of a record. RFC 8446 §5.1. */
const RECORD_HEADER = 5;
/** Of a handshake message. RFC 8446 §4. */
const MESSAGE_HEADER = 4;
const CLIENT_HELLO = 1;
/** One more after a HelloRetryRequest. RFC 8446 §4.1.2. */
const MOST_HELLOS = 2;
/** What OpenSSL takes: a hello may hold a ticket with a whole certificate in it. */
const MOST_BYTES = 128 * 1024;
/** RFC 8446 §5. */
const CHANGE_CIPHER_SPEC = RECORD_HEADER + 1;

/**
 * Tells the ClientHello of a client, which costs next to nothing, from what follows it. Records and messages are cut as
 * OpenSSL cuts them: whoever could shift one against the other would have anything taken for a hello.
 */
export class HelloMeter {
  #hellos = 0;
  /** How much of the hello that was begun has come, its header included; 0 between hellos. */
  #read = 0;
  /** How long that hello is, header and all, as far as its header has come. */
  #length = MESSAGE_HEADER;
  #inRecord = 0;
  #isOver = false;
  #isTorn = false;
  #waits = false;

  /** Whether the last bytes are too few to be told: they have to come again, in front of the next. */
  get waits(): boolean {
    return this.#waits;
  }

  /** Whether the hello was over in the middle of a record, or other records stood in it: no message begins where it ended. */
  get isTorn(): boolean {
    return this.#isTorn;
  }

  /** How many bytes at the front belong to hellos. To be called with all that comes, in order. */
  measure(bytes: Uint8Array): number {
    let at = 0;
    this.#waits = false;
    while (!this.#isOver && at < bytes.length) {
      if (this.#inRecord > 0) {
        at += this.#content(bytes, at);
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
    const isBetween = this.#read === 0;
    const isSpec = type === CONTENT_TYPE.changeCipherSpec && isBetween && this.#hellos === 1;
    if (!isSpec && type !== CONTENT_TYPE.handshake) return this.#end();
    if (have < RECORD_HEADER) return undefined;
    const length = ((bytes[at + 3] ?? 0) << 8) | (bytes[at + 4] ?? 0);
    if (length === 0) return this.#end();
    if (isBetween && have <= RECORD_HEADER) return undefined;
    if (isSpec) return length === 1 ? CHANGE_CIPHER_SPEC : this.#end();
    if (isBetween && (bytes[at + RECORD_HEADER] !== CLIENT_HELLO || ++this.#hellos > MOST_HELLOS))
      return this.#end();
    this.#inRecord = length;
    return RECORD_HEADER;
  }

  /** How much of a record's content was read. */
  #content(bytes: Uint8Array, at: number): number {
    const most = Math.min(this.#inRecord, bytes.length - at);
    let length = 0;
    for (; length < most && this.#read < MESSAGE_HEADER; length++) {
      if (this.#read > 0)
        this.#length += (bytes[at + length] ?? 0) << (8 * (MESSAGE_HEADER - 1 - this.#read));
      this.#read += 1;
    }
    if (this.#read < MESSAGE_HEADER) {
      this.#inRecord -= length;
      return length;
    }
    if (this.#length > MOST_BYTES) {
      this.#end();
      return length;
    }
    const body = Math.min(most - length, this.#length - this.#read);
    length += body;
    this.#read += body;
    this.#inRecord -= length;
    if (this.#read === this.#length) {
      // Whatever shares a record with a hello is none of it.
      if (this.#inRecord > 0) this.#end();
      this.#read = 0;
      this.#length = MESSAGE_HEADER;
    }
    return length;
  }

  #end(): number {
    this.#isOver = true;
    this.#isTorn = this.#read > 0 || this.#inRecord > 0;
    return 0;
  }
}
