import { getAsset, isSea } from "node:sea";
import { Worker } from "node:worker_threads";
import { HandclaspError } from "../../../errors.ts";
import type { SqliteWriter, Write } from "./sqlite-writer.ts";
import { type Done, fromWriteError, type Written } from "./write-result.ts";
import { toStoreError } from "../file/sqlite-errors.ts";
import type { WriterMessage } from "./sqlite-writer-thread.ts";

/** How a store hands over what is to be written. */
export interface WriteChannel {
  /** Resolves when it is durable; rejects when nothing was written. */
  write(write: Write): Promise<Done>;
  close(): Promise<void>;
}

/** Writes at once, in this thread: for stores that never wait for a disk. */
export class DirectChannel implements WriteChannel {
  readonly #writer: SqliteWriter;

  constructor(writer: SqliteWriter) {
    this.#writer = writer;
  }

  async write(write: Write): Promise<Done> {
    const [written] = this.#writer.write([write]);
    return unwrap(written);
  }

  async close(): Promise<void> {}
}

/** Writes nothing: for who said to be reading only. */
export class NoChannel implements WriteChannel {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  write(): Promise<Done> {
    const problem = `the trust store ${this.#path} was opened for reading only`;
    return Promise.reject(new HandclaspError("ERR_HANDCLASP_STORE_WRITE", problem));
  }

  async close(): Promise<void> {}
}

/** What the thread may have that is not cleared away yet: what a snapshot says would fill as much as there is otherwise. */
const YOUNG_MB = 12;

interface Waiting {
  readonly resolve: (done: Done) => void;
  readonly reject: (error: Error) => void;
}

/** Writes in a thread of its own, started by the first write. What one tick brings is sent together. */
export class ThreadChannel implements WriteChannel {
  readonly #path: string;
  #worker: Worker | undefined;
  #outbox: Write[] = [];
  /** In the order in which the thread answers. */
  #waiting: Waiting[] = [];
  #closed = false;

  constructor(path: string) {
    this.#path = path;
  }

  write(write: Write): Promise<Done> {
    if (this.#closed) return Promise.reject(closedStore());
    const { promise, resolve, reject } = Promise.withResolvers<Done>();
    this.#waiting.push({ resolve, reject });
    if (this.#outbox.length === 0) setImmediate(() => this.#send());
    this.#outbox.push(write);
    return promise;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#send();
    const worker = this.#worker;
    if (worker === undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    worker.ref();
    worker.once("exit", () => resolve());
    worker.postMessage("close" satisfies WriterMessage);
    await promise;
  }

  #send(): void {
    if (this.#outbox.length === 0) return;
    this.#worker ??= this.#start();
    this.#worker.ref();
    const outbox = this.#outbox;
    this.#outbox = [];
    try {
      this.#worker.postMessage(outbox satisfies WriterMessage, handedOver(outbox));
    } catch {
      this.#sendEach(this.#worker, outbox);
    }
  }

  /** Something in it cannot be sent to a thread: that fails, the rest goes on. */
  #sendEach(worker: Worker, outbox: readonly Write[]): void {
    const waiting = this.#waiting.splice(-outbox.length);
    for (const [index, write] of outbox.entries()) {
      const one = waiting[index];
      if (one === undefined) continue;
      try {
        worker.postMessage([write] satisfies WriterMessage);
        this.#waiting.push(one);
      } catch (error) {
        one.reject(toStoreError(error, "ERR_HANDCLASP_STORE_WRITE", "this cannot be written"));
      }
    }
  }

  #start(): Worker {
    const worker = startThread({ path: this.#path });
    worker.on("message", (results: readonly Written[]) => this.#settle(results));
    worker.on("error", (error) => this.#fail(worker, error));
    worker.on("exit", () => this.#fail(worker, new Error("the writer thread ended")));
    return worker;
  }

  #settle(results: readonly Written[]): void {
    const settled = this.#waiting.splice(0, results.length);
    if (this.#waiting.length === 0 && !this.#closed) this.#worker?.unref();
    for (const [index, { resolve, reject }] of settled.entries()) {
      try {
        resolve(unwrap(results[index]));
      } catch (error) {
        reject(error as Error);
      }
    }
  }

  /** The thread is gone: what it had is not known to be written. The next write starts another. */
  #fail(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#outbox = [];
    const lost = this.#waiting.splice(0);
    const what = "cannot write to the trust store";
    const error = toStoreError(cause, "ERR_HANDCLASP_STORE_WRITE", what, this.#path);
    for (const { reject } of lost) reject(error);
  }
}

/** In a single executable there are no files: what the thread runs is part of it. */
function startThread(workerData: { readonly path: string }): Worker {
  const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MB };
  const options = { workerData, execArgv: [], resourceLimits };
  if (isSea()) return new Worker(getAsset("sqlite-writer-thread", "utf8"), { ...options, eval: true });
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new Worker(new URL(`./sqlite-writer-thread.${extension}`, import.meta.url), options);
}

export function closedStore(): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_STORE_CLOSED", "the trust store is closed");
}

/** Memory that is the thread's from then on: there is much of it, and nobody here needs it again. */
function handedOver(writes: readonly Write[]): readonly ArrayBuffer[] {
  return writes.flatMap((write) => {
    if (write.kind !== "snapshot-part") return [];
    const { buffer, byteLength } = write.bytes;
    return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];
  });
}

function unwrap(written: Written | undefined): Done {
  if (written === undefined) throw new Error("the writer answered less than it was asked");
  if (written.ok) return written;
  throw fromWriteError(written.error);
}
