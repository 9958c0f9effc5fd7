import type { SqliteWriter, Write } from "../../../src/store/sqlite/writing/sqlite-writer.ts";
import type { WriteChannel } from "../../../src/store/sqlite/writing/write-channel.ts";
import { type Done, fromWriteError, type Written } from "../../../src/store/sqlite/writing/write-result.ts";
import type { Seeded } from "./seeded.ts";
import type { VirtualTime } from "./virtual-time.ts";

interface WritingThreadOptions {
  readonly time: VirtualTime;
  readonly chance: Seeded;
  readonly writer: SqliteWriter;
  readonly isAlive: () => boolean;
  /** After each transaction. */
  readonly onWritten: () => void;
}

interface Waiting {
  readonly write: Write;
  readonly resolve: (done: Done) => void;
  readonly reject: (error: unknown) => void;
}

/** How long a transaction takes until it begins, and its answer after it, on average. */
const WAY_MS = 0.2;

/** As `ThreadChannel`: what has gathered is one transaction, and its answers come later. Its process may end in between. */
export class WritingThread implements WriteChannel {
  readonly #options: WritingThreadOptions;
  #outbox: Waiting[] = [];
  #isBusy = false;

  constructor(options: WritingThreadOptions) {
    this.#options = options;
  }

  write(write: Write): Promise<Done> {
    const { promise, resolve, reject } = Promise.withResolvers<Done>();
    this.#outbox.push({ write, resolve, reject });
    this.#begin();
    return promise;
  }

  async close(): Promise<void> {}

  #begin(): void {
    if (this.#isBusy || this.#outbox.length === 0) return;
    this.#isBusy = true;
    this.#later(() => {
      const batch = this.#outbox;
      this.#outbox = [];
      const written = this.#options.writer.write(batch.map(({ write }) => write));
      this.#options.onWritten();
      this.#later(() => this.#answer(batch, written));
    });
  }

  #answer(batch: readonly Waiting[], written: readonly Written[]): void {
    for (const [index, { resolve, reject }] of batch.entries()) {
      const one = written[index];
      if (one?.ok === true) resolve(one);
      else reject(one === undefined ? new Error("not answered") : fromWriteError(one.error));
    }
    this.#isBusy = false;
    this.#begin();
  }

  #later(call: () => void): void {
    const { time, chance, isAlive } = this.#options;
    time.after(chance.around(WAY_MS), () => {
      if (isAlive()) call();
    });
  }
}
