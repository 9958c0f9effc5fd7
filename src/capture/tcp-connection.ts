import type { CloseReason, Connection, Direction, Endpoint, Moment, TcpEvent } from "./connection.ts";
import type { TcpSegment } from "./tcp-segment.ts";
import { TcpStream, type StreamSink } from "./tcp-stream.ts";

/** 0 is whoever sent the first packet that was seen. */
export type Side = 0 | 1;

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
  #clientSide: Side | undefined;
  #sawSyn = false;
  #connection: Connection | undefined;
  #last: Moment = { timeMs: undefined, packet: 0 };
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

  get heldBytes(): number {
    return this.#streams[0].heldBytes + this.#streams[1].heldBytes;
  }

  /** Whether a segment belongs here, and not to a new connection with the same addresses and ports. */
  accepts(side: Side, segment: TcpSegment): boolean {
    return !segment.syn || this.#streams[side].fitsSyn(segment.sequence);
  }

  segment(side: Side, segment: TcpSegment, when: Moment): void {
    if (this.#isClosed) return;
    this.#last = when;
    const stream = this.#streams[side];
    const { sequence, acknowledgment, payload, fin } = segment;
    if (segment.reset) {
      this.#reset(side, sequence, when);
      return;
    }
    if (segment.syn) this.#syn(side, segment, when);
    stream.segment(segment.syn ? (sequence + 1) >>> 0 : sequence, payload, fin, when);
    if (acknowledgment !== undefined) this.#streams[other(side)].acknowledged(acknowledgment, when);
    if (this.#streams[0].isFinished && this.#streams[1].isFinished) this.close("finished");
  }

  /** Gives what is held, with its gaps, and ends. */
  close(reason: CloseReason): void {
    if (this.#isClosed) return;
    this.#flush();
    this.#isClosed = true;
    this.#start.onEvent({
      kind: "close",
      connection: this.#identify(),
      ...this.#last,
      reason,
    });
  }

  /** Gives up a hole in each direction, because memory is needed elsewhere. */
  giveUpHoles(): void {
    for (const stream of this.#streams) stream.giveUpHole(this.#last);
  }

  /** A SYN comes from the client, a SYN with ACK from the server. */
  #syn(side: Side, { sequence, acknowledgment }: TcpSegment, when: Moment): void {
    this.#clientSide ??= acknowledgment === undefined ? side : other(side);
    this.#sawSyn = true;
    this.#identify(when);
    this.#streams[side].syn(sequence);
  }

  #reset(side: Side, sequence: number, when: Moment): void {
    if (!this.#streams[side].acceptsReset(sequence)) return;
    this.#flush(side, sequence);
    this.#start.onEvent({
      kind: "reset",
      connection: this.#identify(),
      direction: this.#direction(side),
      ...when,
    });
    this.close("reset");
  }

  #flush(resetSide?: Side, resetSequence?: number): void {
    for (const side of [0, 1] as const)
      this.#streams[side].flush(this.#last, side === resetSide ? resetSequence : undefined);
  }

  #sink(side: Side): StreamSink {
    const { onEvent } = this.#start;
    return {
      data: (when, bytes) => {
        this.#clientSide ??= clientByHello(side, bytes);
        const connection = this.#identify(when);
        onEvent({ kind: "data", connection, direction: this.#direction(side), ...when, bytes });
      },
      gap: (when, length) => {
        const connection = this.#identify(when);
        onEvent({ kind: "gap", connection, direction: this.#direction(side), ...when, length });
      },
      finished: (when) => {
        const connection = this.#identify(when);
        onEvent({ kind: "finish", connection, direction: this.#direction(side), ...when });
      },
    };
  }

  #direction(side: Side): Direction {
    return side === this.#clientSide ? "client" : "server";
  }

  /** Decides for good who is the client, and says that the connection is open. */
  #identify(when: Moment = this.#last): Connection {
    if (this.#connection !== undefined) return this.#connection;
    const { id, ends } = this.#start;
    this.#clientSide ??= ends[0].port >= ends[1].port ? 0 : 1;
    const client = ends[this.#clientSide];
    const server = ends[other(this.#clientSide)];
    this.#connection = { id, client, server, fromStart: this.#sawSyn };
    this.#start.onEvent({ kind: "open", connection: this.#connection, ...when });
    return this.#connection;
  }
}

function other(side: Side): Side {
  return side === 0 ? 1 : 0;
}

const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;
const SERVER_HELLO = 2;

/** The client's side if the bytes look like a TLS ClientHello or ServerHello. RFC 8446 §4 and §5.1. */
function clientByHello(side: Side, bytes: Uint8Array): Side | undefined {
  if (bytes[0] !== HANDSHAKE_RECORD || bytes[1] !== 3) return undefined;
  if (bytes[5] === CLIENT_HELLO) return side;
  return bytes[5] === SERVER_HELLO ? other(side) : undefined;
}
