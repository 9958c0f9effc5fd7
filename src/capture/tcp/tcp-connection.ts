import type { CloseReason } from "../../tls/observer/connection-event.ts";
import type { Connection, Endpoint, Moment, TcpEvent } from "./connection.ts";
import type { Sender } from "../../tls/records/sender.ts";
import type { TcpSegment } from "./tcp-segment.ts";
import { TcpStream, type StreamSink } from "./tcp-stream.ts";
import { helloOf } from "./tls-hello.ts";

/** 0 is whoever sent the first packet that was seen. */
export type EndIndex = 0 | 1;

/** What is known of a connection from its first packet. */
export interface ConnectionStart {
  readonly id: number;
  readonly ends: readonly [Endpoint, Endpoint];
  /** For each direction. */
  readonly heldLimit: number;
  readonly onEvent: (event: TcpEvent) => void;
}

/** Two streams, and the finding out which of them is the client's. */
export class TcpConnection {
  readonly #start: ConnectionStart;
  readonly #streams: readonly [TcpStream, TcpStream];
  #clientEnd: EndIndex | undefined;
  #synAt: Moment | undefined;
  #connection: Connection | undefined;
  #last: Moment = { timeMs: undefined, packet: 0 };
  /** A RST that may be nobody's: whoever sent it says more, or not. */
  #doubtful: { readonly end: EndIndex; readonly sequence: number; readonly when: Moment } | undefined;
  #isReset = false;
  #isClosed = false;

  constructor(start: ConnectionStart) {
    this.#start = start;
    this.#streams = [
      new TcpStream(this.#sink(0), start.heldLimit),
      new TcpStream(this.#sink(1), start.heldLimit),
    ];
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** A RST ended it, which what was under way does not know yet. */
  get isReset(): boolean {
    return this.#isReset;
  }

  get heldBytes(): number {
    return this.#streams[0].heldBytes + this.#streams[1].heldBytes;
  }

  /** Whether a segment belongs here, and not to a new connection with the same addresses and ports. */
  accepts(end: EndIndex, { syn, sequence, acknowledgment, payload }: TcpSegment): boolean {
    const stream = this.#streams[end];
    if (!syn) return helloOf(payload) !== "client" || stream.fitsBytes(sequence, this.#isClosed);
    if (stream.fitsSyn(sequence)) return true;
    const asked = this.#streams[other(end)].initial;
    return asked !== undefined && acknowledgment === (asked + 1) >>> 0 && stream.isUntouched;
  }

  segment(end: EndIndex, segment: TcpSegment, when: Moment): void {
    if (this.#isClosed) return;
    this.#last = when;
    const { sequence, acknowledgment, payload, fin } = segment;
    if (segment.reset) {
      this.#reset(end, sequence, when);
      return;
    }
    if (this.#doubtful?.end === end) this.#doubtful = undefined;
    if (segment.syn) this.#syn(end, segment, when);
    // What it acknowledges came before what it brings.
    if (acknowledgment !== undefined) this.#streams[other(end)].acknowledged(acknowledgment, when);
    this.#streams[end].segment(segment.syn ? (sequence + 1) >>> 0 : sequence, payload, fin, when);
    if (this.#streams[0].isFinished && this.#streams[1].isFinished) this.close("finished");
  }

  /** Gives what is held, with its gaps, and ends. */
  close(reason: CloseReason): void {
    if (this.#isClosed) return;
    this.#flush();
    if (this.#doubtful !== undefined && reason !== "finished")
      this.#tellReset(this.#doubtful.end, this.#last);
    this.#isClosed = true;
    this.#start.onEvent({
      kind: "close",
      connection: this.#identify(),
      ...this.#last,
      reason: this.#isReset ? "reset" : reason,
    });
  }

  /** Gives up a hole in each direction, because memory is needed elsewhere. */
  giveUpHoles(): void {
    for (const stream of this.#streams) stream.giveUpHole(this.#last);
  }

  /** A SYN comes from the client, a SYN with ACK from the server. */
  #syn(end: EndIndex, { sequence, acknowledgment }: TcpSegment, when: Moment): void {
    this.#clientEnd ??= acknowledgment === undefined ? end : other(end);
    this.#synAt ??= when;
    this.#streams[end].syn(sequence);
  }

  /** What was sent before it arrived, by either end, is still read. */
  #reset(end: EndIndex, sequence: number, when: Moment): void {
    const fit = this.#streams[end].fitOfReset(sequence);
    if (this.#isReset || fit === "stray") return;
    if (fit === "doubtful") {
      this.#doubtful = { end, sequence, when };
      return;
    }
    for (const stream of this.#streams) stream.startNow(when);
    this.#tellReset(end, when);
  }

  #tellReset(end: EndIndex, when: Moment): void {
    this.#isReset = true;
    this.#doubtful = undefined;
    const connection = this.#identify();
    this.#start.onEvent({ kind: "reset", connection, sender: this.#sender(end), ...when });
  }

  /** What came first goes first. */
  #flush(): void {
    const [one, two] = this.#streams;
    for (const end of one.heldSince <= two.heldSince ? ([0, 1] as const) : ([1, 0] as const)) {
      const { end: resetEnd, sequence } = this.#doubtful ?? {};
      this.#streams[end].flush(this.#last, end === resetEnd ? sequence : undefined);
    }
  }

  #sink(end: EndIndex): StreamSink {
    const { onEvent } = this.#start;
    return {
      data: (when, bytes) => {
        if (this.#connection === undefined)
          this.#clientEnd = this.#clientByHello(end, bytes) ?? this.#clientEnd;
        const connection = this.#identify(when);
        onEvent({ kind: "data", connection, sender: this.#sender(end), ...when, bytes });
      },
      gap: (when, length) => {
        const connection = this.#identify(when);
        onEvent({ kind: "gap", connection, sender: this.#sender(end), ...when, length });
      },
      finished: (when) => {
        const connection = this.#identify(when);
        onEvent({ kind: "finish", connection, sender: this.#sender(end), ...when });
      },
    };
  }

  #clientByHello(end: EndIndex, bytes: Uint8Array): EndIndex | undefined {
    const sender = helloOf(bytes);
    if (sender === undefined) return undefined;
    return sender === "client" ? end : other(end);
  }

  #sender(end: EndIndex): Sender {
    return end === this.#clientEnd ? "client" : "server";
  }

  /** Decides for good who is the client, and says that the connection is open. */
  #identify(when: Moment = this.#last): Connection {
    if (this.#connection !== undefined) return this.#connection;
    const { id, ends } = this.#start;
    this.#clientEnd ??= ends[0].port >= ends[1].port ? 0 : 1;
    const client = ends[this.#clientEnd];
    const server = ends[other(this.#clientEnd)];
    this.#connection = { id, client, server, fromStart: this.#synAt !== undefined };
    this.#start.onEvent({ kind: "open", connection: this.#connection, ...(this.#synAt ?? when) });
    return this.#connection;
  }
}

function other(end: EndIndex): EndIndex {
  return end === 0 ? 1 : 0;
}
