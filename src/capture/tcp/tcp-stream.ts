import type { Moment } from "./connection.ts";
import { HeldSegments } from "./held-segments.ts";
import { helloOf } from "./tls-hello.ts";

/** Takes what one direction of a connection carries, in order. */
export interface StreamSink {
  data(when: Moment, bytes: Uint8Array): void;
  /** `length` bytes were sent and are not in the capture. */
  gap(when: Moment, length: number): void;
  /** The FIN, after all that came before it. */
  finished(when: Moment): void;
}

/** No window is larger (RFC 7323 §2.3): what lies farther away does not belong to the stream. */
const WINDOW = 2 ** 30;
/** A stream whose SYN is missing starts, unless something tells where, at the lowest byte among this many segments or bytes. */
const START_SEGMENTS = 32;
const START_BYTES = 128 * 1024;
/** A hole that the receiver acknowledged is given up this many packets later; captures mix order a little. */
const PATIENCE_PACKETS = 32;

/** Whose a RST is: the sender's, his if he says nothing more (packets before it were lost), or nobody's. */
export type ResetFit = "exact" | "doubtful" | "stray";

/**
 * One direction of a TCP connection, put in order: retransmissions dropped, overlaps first come first kept,
 * sequence numbers unwrapped, holes waited for and then reported as gaps. RFC 9293 §3.4.
 */
export class TcpStream {
  readonly #sink: StreamSink;
  readonly #heldLimit: number;
  /** The sequence number at position 0. */
  #origin: number | undefined;
  #started = false;
  /** Where the bytes begin, once that is known. */
  #startedAt = 0;
  /** Without a SYN: what was sent or acknowledged before the first byte that was seen. */
  #reached: number | undefined;
  #initial: number | undefined;
  /** Position of the next byte to give. */
  #next = 0;
  #held: HeldSegments | undefined;
  #finAt: number | undefined;
  #finished = false;
  #last: Moment | undefined;
  #acknowledgedTo: number | undefined;
  #waited = 0;
  /** Bytes at the end that nobody captured are told once, and the rest of them when something follows. */
  #toldMissing = false;

  constructor(sink: StreamSink, heldLimit: number) {
    this.#sink = sink;
    this.#heldLimit = heldLimit;
  }

  /** Bytes held back, with what it costs to hold them. */
  get heldBytes(): number {
    return this.#held?.cost ?? 0;
  }

  /** Whether everything up to a FIN was given. */
  get isFinished(): boolean {
    return this.#finished;
  }

  /** The packet that brought the first of what is held. */
  get heldSince(): number {
    return this.#held?.first?.when.packet ?? Infinity;
  }

  /** The number of the SYN. */
  get initial(): number | undefined {
    return this.#initial;
  }

  /** Whether a SYN with this number can belong to what was seen so far; another one begins another connection. */
  fitsSyn(sequence: number): boolean {
    if (this.#initial !== undefined) return this.#initial === sequence;
    if (this.#origin === undefined) return true;
    if (this.#started) return this.#position(sequence + 1) === this.#startedAt;
    const distance = Math.min(0, this.#held?.first?.at ?? 0) - this.#position(sequence + 1);
    return distance >= 0 && distance < this.#heldLimit;
  }

  /** Whether bytes at this number are near those that were seen; of a closed stream, among them. */
  fitsBytes(sequence: number, isClosed: boolean): boolean {
    if (this.#origin === undefined) return true;
    const margin = isClosed ? 0 : this.#heldLimit;
    const at = this.#position(sequence);
    return at >= this.#startedAt - margin && at <= this.#next + margin;
  }

  /** Nothing came behind the SYN, and nobody acknowledged it: the server may answer again with another number (SYN cookies). */
  get isUntouched(): boolean {
    return this.#next === 0 && this.#held === undefined && this.#acknowledgedTo === undefined;
  }

  /** The SYN's number; its data, if any, begins one later. */
  syn(sequence: number): void {
    if (this.#initial !== undefined && !this.isUntouched) return;
    if (this.#initial !== undefined) this.#origin = (sequence + 1) >>> 0;
    this.#initial = sequence;
    this.#origin ??= (sequence + 1) >>> 0;
    this.#start(this.#position(sequence + 1));
  }

  segment(sequence: number, payload: Uint8Array, fin: boolean, when: Moment): void {
    if (this.#finished) return;
    this.#origin ??= sequence;
    const at = this.#position(sequence);
    const end = at + payload.length;
    if (at > this.#next + WINDOW || end < this.#next - WINDOW) return;
    if (fin) this.#finAt ??= end;
    if (this.#started && at === this.#next && this.#held === undefined) this.#give(payload, when);
    else if (payload.length > 0) this.#hold(at, payload, when);
    else this.#reach(at);
    this.#deliver(when);
  }

  /** The receiver has everything before this number: what we miss of it was not captured. */
  acknowledged(sequence: number, when: Moment): void {
    this.#origin ??= sequence;
    const at = this.#position(sequence);
    if (at > this.#next + WINDOW || (this.#acknowledgedTo !== undefined && at < this.#acknowledgedTo)) return;
    this.#acknowledgedTo = at;
    if (!this.#started) {
      this.#reach(at);
      this.#deliver(when);
    }
    if (this.#isMissing(at)) this.#miss(at, when);
    else this.#waited = 0;
  }

  /** Whether a RST with this number ends the connection. RFC 9293 §3.10.7.4. */
  fitOfReset(sequence: number): ResetFit {
    if (this.#origin === undefined) return "exact";
    const at = this.#position(sequence);
    if (at === this.#next || at === this.#acknowledgedTo || this.#isEnd(at)) return "exact";
    const isAhead = at >= (this.#acknowledgedTo ?? this.#next) && at - this.#next <= this.#heldLimit;
    return isAhead ? "doubtful" : "stray";
  }

  /** A stream that waits for its first byte waits no longer. */
  startNow(when: Moment): void {
    if (this.#started || this.#held === undefined) return;
    this.#start(this.#held.first?.at ?? this.#next);
    this.#deliver(when);
  }

  /** Nothing more comes: gives what is held with its gaps, and the gap at the end if the receiver, or a RST at `sequence`, tells of one. */
  flush(when: Moment, sequence?: number): void {
    if (this.#finished) return;
    this.#start(this.#held?.first?.at ?? this.#next);
    while (this.#held !== undefined) this.#skip(when);
    const end = this.#finAt ?? this.#endToldByOthers(sequence);
    if (end > this.#next) this.#gap(end - this.#next, when);
    this.#finishWhenDue(when);
  }

  /** Gives up the lowest hole, because memory is needed elsewhere. */
  giveUpHole(when: Moment): void {
    if (this.#held === undefined) return;
    this.#start(this.#held.first?.at ?? this.#next);
    this.#skip(when);
  }

  /** Whether the sender had nothing more to send, a FIN counted or not. */
  #isEnd(at: number): boolean {
    const end = Math.max(this.#next, this.#held?.end ?? this.#next);
    return at === end || (this.#finAt === end && at === end + 1);
  }

  /** The sender or the receiver was this far already when the first byte came. */
  #reach(at: number): void {
    if (!this.#started) this.#reached = Math.max(this.#reached ?? at, at);
  }

  /** Whether bytes before `at` were acknowledged that we do not have; one byte more may be a FIN. */
  #isMissing(at: number): boolean {
    const first = this.#held?.first;
    if (first !== undefined) return this.#started && at >= first.at;
    return !this.#toldMissing && at > this.#next + 1;
  }

  #miss(at: number, when: Moment): void {
    this.#waited += 1;
    // Whoever acknowledges a FIN has all that was before it.
    const isOver = this.#finAt !== undefined && at > this.#finAt;
    if (this.#waited <= PATIENCE_PACKETS && !isOver) return;
    if (this.#held !== undefined) {
      this.#skip(when);
      return;
    }
    this.#start(this.#next);
    this.#gap(Math.min(at, this.#finAt ?? at) - this.#next, when);
    this.#toldMissing = true;
    this.#finishWhenDue(when);
  }

  /** An acknowledgment one byte ahead may be that of an unseen FIN: it tells of no data. */
  #endToldByOthers(resetSequence: number | undefined): number {
    const acknowledged = this.#acknowledgedTo ?? this.#next;
    const reset = resetSequence === undefined ? this.#next : this.#position(resetSequence);
    const end = Math.max(acknowledged, reset);
    return end > this.#next + 1 && end < this.#next + WINDOW ? end : this.#next;
  }

  /** Sequence numbers are 32 bits and wrap: the position nearest to where we are is meant. */
  #position(sequence: number): number {
    return this.#next + ((sequence - (this.#origin ?? sequence) - this.#next) | 0);
  }

  #start(at: number): void {
    if (this.#started) return;
    this.#started = true;
    this.#startedAt = at;
    this.#next = at;
    this.#held?.dropBefore(at);
  }

  #hold(at: number, payload: Uint8Array, when: Moment): void {
    if (!this.#started && payload.length === 1 && at + 1 === this.#reached) return; // a keep-alive probe
    const old = this.#started ? Math.max(0, this.#next - at) : 0;
    if (old >= payload.length) return;
    this.#held ??= new HeldSegments();
    this.#held.add(at + old, payload.subarray(old), when);
  }

  #deliver(when: Moment): void {
    if (!this.#started) {
      if (!this.#knowsStart()) return;
      this.#start(this.#held?.first?.at ?? this.#next);
    }
    this.#giveHeld();
    while (this.heldBytes > this.#heldLimit) this.#skip(when);
    this.#finishWhenDue(when);
  }

  /** What was acknowledged before, and a hello, have nothing before them that is still to come. */
  #knowsStart(): boolean {
    const held = this.#held;
    const first = held?.first;
    if (held === undefined || first === undefined) return false;
    if (this.#reached !== undefined && first.at <= this.#reached) return true;
    return helloOf(first.bytes) !== undefined || held.count >= START_SEGMENTS || held.cost >= START_BYTES;
  }

  /** Reports the hole before the first held segment, and gives what follows it. */
  #skip(when: Moment): void {
    const at = this.#held?.first?.at ?? this.#next;
    if (at > this.#next) this.#gap(at - this.#next, this.#held?.first?.when ?? when);
    this.#giveHeld();
  }

  #giveHeld(): void {
    const held = this.#held;
    if (held === undefined) return;
    for (const { bytes, when } of held.takeRun(this.#next)) {
      this.#give(bytes, when);
      this.#waited = 0;
    }
    if (held.count === 0) this.#held = undefined;
  }

  #give(bytes: Uint8Array, when: Moment): void {
    if (bytes.length === 0) return;
    this.#next += bytes.length;
    this.#toldMissing = false;
    this.#sink.data(this.#noEarlier(when), bytes);
  }

  #gap(length: number, when: Moment): void {
    this.#next += length;
    this.#sink.gap(this.#noEarlier(when), length);
  }

  #finishWhenDue(when: Moment): void {
    if (this.#finished || this.#finAt === undefined || !this.#started || this.#next < this.#finAt) return;
    this.#finished = true;
    this.#held = undefined;
    this.#sink.finished(this.#noEarlier(when));
  }

  /** Bytes that waited for a hole to be filled become known when it is. */
  #noEarlier(when: Moment): Moment {
    const last = this.#last;
    const isLater =
      last === undefined ||
      (when.packet >= last.packet &&
        when.timeMs !== undefined &&
        when.timeMs >= (last.timeMs ?? when.timeMs));
    return (this.#last = isLater ? when : laterOf(last, when));
  }
}

/** In a capture that mixes order neither number nor time goes back. */
function laterOf(one: Moment, other: Moment): Moment {
  const timeMs =
    one.timeMs === undefined || other.timeMs === undefined
      ? (one.timeMs ?? other.timeMs)
      : Math.max(one.timeMs, other.timeMs);
  return { timeMs, packet: Math.max(one.packet, other.packet) };
}
