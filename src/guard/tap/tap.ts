import { Socket } from "node:net";
import { Duplex } from "node:stream";
import { hasCode } from "../../errors.ts";
import type { ConnectionEvent, ConnectionListener } from "../../tls/observer/connection-event.ts";
import { parseKeyLogLine } from "../../tls/keys/key-log.ts";
import { otherThan, type Sender } from "../../tls/records/sender.ts";
import { lendEndpointsBy, rememberEndpoints } from "./tap-endpoints.ts";
import { readFrom } from "./tap-reading.ts";

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
  /** Which end of the connection is ours. */
  readonly #side: Sender;
  readonly #listeners: ConnectionListener[] = [];
  #saidLast = false;
  #hasEnded = false;

  constructor(raw: Duplex, number: number, side: Sender) {
    super({ allowHalfOpen: raw.allowHalfOpen });
    this.raw = raw;
    this.number = number;
    this.#side = side;
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

  /**
   * A listener hears what happens from now on, first that the connection is open. What it throws ends up in whoever
   * reads or writes: it must not throw.
   */
  listen(listener: ConnectionListener): void {
    this.#listeners.push(listener);
    listener({ kind: "open", timeMs: Date.now() });
  }

  /** To be called once TLS has asked whether its transport may stay half open: ending is then up to TLS alone. */
  keepHalfOpen(): void {
    this.allowHalfOpen = true;
  }

  /** A line of the key log (RFC 9850), as Node gives it. */
  keyLog(line: Buffer): void {
    const entry = parseKeyLogLine(line);
    if (entry !== undefined) this.#tell({ kind: "secret", entry });
  }

  /** Sends these bytes and ends our side: whatever TLS writes after them is dropped. Reading goes on. */
  sayLast(bytes: Uint8Array): void {
    this.#saidLast = true;
    this.#sent(this.#side, bytes);
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
    this.#sent(this.#side, bytes);
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
    this.#sent(otherThan(this.#side), chunk);
    if (!this.push(chunk)) this.raw.pause();
  }

  /** Views of a plain Uint8Array are cheaper than those of a Buffer. */
  #sent(sender: Sender, { buffer, byteOffset, length }: Uint8Array): void {
    const bytes = new Uint8Array(buffer, byteOffset, length);
    this.#tell({ kind: "data", sender, timeMs: Date.now(), bytes });
  }

  #end(done?: () => void): void {
    this.#tellEnd();
    this.raw.end(done);
  }

  #readEnd(): void {
    this.#tell({ kind: "finish", sender: otherThan(this.#side), timeMs: Date.now() });
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

  /** Ours, once. */
  #tellEnd(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#tell({ kind: "finish", sender: this.#side, timeMs: Date.now() });
  }

  #tellClosed(error?: Error): void {
    const isReset = hasCode(error, "ECONNRESET");
    if (isReset) this.#tell({ kind: "reset", sender: otherThan(this.#side), timeMs: Date.now() });
    else this.#tellEnd();
    this.#tell({ kind: "close", reason: isReset ? "reset" : "finished", timeMs: Date.now() });
    this.#listeners.length = 0;
  }

  #tell(event: ConnectionEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

lendEndpointsBy(Tap.prototype, (tap) => tap.raw);
