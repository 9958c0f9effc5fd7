// Known clients at their work: each has one connection that it keeps, and makes others.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type TLSSocket } from "node:tls";
import { setTimeout as sleep } from "node:timers/promises";
import type { CreatedIdentity } from "../../src/x509/create-identity.ts";

/** Milliseconds that pieces of work took. */
export interface WorkTimes {
  /** 64 bytes there and back over a kept connection. */
  readonly kept: number[];
  /** A connection with a full handshake, 64 bytes there and back, and its end. */
  readonly made: number[];
}

const PAUSE_MS = 50;

export class KnownClients {
  readonly #port: number;
  readonly #pauseMs: number;
  readonly #running: Promise<unknown>;
  #times: WorkTimes = { kept: [], made: [] };
  #isStopped = false;

  /** Begins at once. Rejects in `stop` when anything did not come to its end. */
  constructor(port: number, clients: readonly CreatedIdentity[], pauseMs: number = PAUSE_MS) {
    this.#port = port;
    this.#pauseMs = pauseMs;
    this.#running = Promise.all(clients.map((client) => this.#work(client)));
    this.#running.catch(() => undefined);
  }

  /** What was done since the last call. */
  take(): WorkTimes {
    const times = this.#times;
    this.#times = { kept: [], made: [] };
    return times;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async #work(client: CreatedIdentity): Promise<void> {
    const kept = await this.#open(client);
    while (!this.#isStopped) {
      await sleep(Math.random() * 2 * this.#pauseMs);
      const before = performance.now();
      await echo(kept);
      const between = performance.now();
      this.#times.kept.push(between - before);
      const made = await this.#open(client);
      await echo(made);
      const closed = once(made, "close");
      made.end();
      await closed;
      this.#times.made.push(performance.now() - between);
    }
    kept.destroy();
  }

  async #open({ privateKeyPem, certificatePem }: CreatedIdentity): Promise<TLSSocket> {
    const socket = connect({
      port: this.#port,
      host: "127.0.0.1",
      rejectUnauthorized: false,
      key: privateKeyPem,
      cert: certificatePem,
    });
    await once(socket, "secureConnect");
    return socket;
  }
}

/** Rejects when the connection ends before the same came back. */
function echo(socket: TLSSocket): Promise<void> {
  const message = randomBytes(64);
  return new Promise((resolve, reject) => {
    let back = Buffer.alloc(0);
    const onEnd = (error?: unknown): void => {
      socket.off("data", onData).off("error", onEnd).off("close", onEnd);
      if (back.equals(message)) resolve();
      else reject(error instanceof Error ? error : new Error("a known client's connection ended"));
    };
    const onData = (chunk: Buffer): void => {
      back = Buffer.concat([back, chunk]);
      if (back.length >= message.length) onEnd();
    };
    socket.on("data", onData).on("error", onEnd).on("close", onEnd);
    socket.write(message);
  });
}
