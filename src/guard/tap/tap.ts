import { Socket } from "node:net";
import { Duplex } from "node:stream";
import { lendEndpointsBy, rememberEndpoints } from "./tap-endpoints.ts";
import { readFrom } from "./tap-reading.ts";

/** Hears what passes a tap. What it throws ends up in whoever reads or writes: it must not throw. */
export interface TapListener {
  /** Bytes that came in; never changed afterwards. */
  read(bytes: Uint8Array): void;
  /** Bytes on their way out; never changed afterwards. */
  wrote(bytes: Uint8Array): void;
  /** The other side, or ours, sends nothing more (FIN). */
  ended?(by: "peer" | "us"): void;
  /** A line of the key log (RFC 9850), as Node gives it. */
  keyLog?(line: Buffer): void;
  /** The last thing heard. The error is what broke the connection. */
  closed?(error?: Error): void;
}

type WriteDone = (error?: Error | null) => void;

const TAPS = new WeakMap<Duplex, Tap>();

/** The tap that was put on a transport. */
export function tapOver(raw: Duplex): Tap | undefined {
  return TAPS.get(raw);
}

/**
 * Stands between a transport and TLS and lets listeners hear both directions. On the wire nothing changes: bytes pass
 * as they are, back-pressure, half-close, errors and resets pass through.
 */
export class Tap extends Duplex {
  readonly raw: Duplex;
  /** The connection's, for `toConnectionId`. */
  readonly number: number;
  readonly #listeners: TapListener[] = [];
  #saidLast = false;

  constructor(raw: Duplex, number: number) {
    super({ allowHalfOpen: raw.allowHalfOpen });
    this.raw = raw;
    this.number = number;
    TAPS.set(raw, this);
    // Or the transport would end its side as soon as the other one ends, before TLS said goodbye.
    raw.allowHalfOpen = true;
    readFrom(raw, (chunk) => this.#read(chunk));
    raw.on("end", () => this.#readEnd());
    raw.on("error", (error) => this.#failed(error));
    raw.on("close", () => this.#closed());
    raw.on("drain", () => this.emit("drain"));
    raw.on("timeout", () => this.emit("timeout"));
    raw.pause();
    rememberEndpoints(raw);
  }

  /** Listeners hear what passes from now on. */
  listen(listener: TapListener): void {
    this.#listeners.push(listener);
  }

  /** To be called once TLS has asked whether its transport may stay half open: ending is then up to TLS alone. */
  keepHalfOpen(): void {
    this.allowHalfOpen = true;
  }

  keyLog(line: Buffer): void {
    for (const listener of this.#listeners) listener.keyLog?.(line);
  }

  /** Sends these bytes and ends our side: whatever TLS writes after them is dropped. Reading goes on. */
  sayLast(bytes: Uint8Array): void {
    this.#saidLast = true;
    this.#wrote(bytes);
    this.raw.write(bytes);
    this.#end();
  }

  /** As of `net.Socket`, for whoever takes this for one. */
  setTimeout(ms: number, onTimeout?: () => void): this {
    if (onTimeout !== undefined) this.once("timeout", onTimeout);
    if (this.raw instanceof Socket) this.raw.setTimeout(ms);
    return this;
  }

  override _read(): void {
    this.raw.resume();
  }

  /** Straight to the transport, which keeps what waits, and says when that is gone. */
  override write(
    chunk: Uint8Array | string,
    encodingOrDone?: BufferEncoding | WriteDone,
    whenEncoded?: WriteDone,
  ): boolean {
    const [encoding, done] =
      typeof encodingOrDone === "function" ? [undefined, encodingOrDone] : [encodingOrDone, whenEncoded];
    const bytes = typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk;
    if (this.#saidLast) {
      if (done !== undefined) process.nextTick(done);
      return true;
    }
    this.#wrote(bytes);
    return this.raw.write(bytes, done);
  }

  /** One call of the system for all, as without the tap. */
  override cork(): void {
    this.raw.cork();
  }

  override uncork(): void {
    this.raw.uncork();
  }

  /** Only for what `end` is given to write. */
  override _write(chunk: Buffer, _encoding: string, done: WriteDone): void {
    this.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#saidLast) done();
    else this.#end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.raw.destroy();
    done(error);
  }

  #read(chunk: Buffer): void {
    for (const listener of this.#listeners) listener.read(chunk);
    if (!this.push(chunk)) this.raw.pause();
  }

  #wrote(bytes: Uint8Array): void {
    for (const listener of this.#listeners) listener.wrote(bytes);
  }

  #end(done?: () => void): void {
    for (const listener of this.#listeners) listener.ended?.("us");
    this.raw.end(done);
  }

  #readEnd(): void {
    for (const listener of this.#listeners) listener.ended?.("peer");
    this.push(null);
  }

  #failed(error: Error): void {
    this.#tellClosed(error);
    this.destroy(error);
  }

  /** After a whole end in both directions, what was read is still to be had. */
  #closed(): void {
    if (!this.raw.readableEnded || !this.raw.writableFinished) this.destroy();
    this.#tellClosed();
  }

  #tellClosed(error?: Error): void {
    for (const listener of this.#listeners.splice(0)) listener.closed?.(error);
  }
}

lendEndpointsBy(Tap.prototype, (tap) => tap.raw);
