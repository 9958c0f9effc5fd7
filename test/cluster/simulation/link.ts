import { HandclaspError } from "../../../src/errors.ts";
import type { Cluster } from "../../../src/trust/port/cluster.ts";
import type { Appender, ChangeLog, LogDraft, LogPlace, LogRead } from "../../../src/trust/port/change-log.ts";
import type { LogServer } from "./log-server.ts";
import type { Seeded } from "./seeded.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** What there is between a node and the log. */
export interface Weather {
  /** How long a message takes: this and, on average, as much again. */
  delayMs: number;
  /** The share of questions whose connection breaks before the answer is there. */
  loss: number;
  /** Connections break, and none is made. */
  isCut: boolean;
  /** Messages stay where they are until then. */
  frozenUntil: number;
  /** Nobody hears that something was appended. */
  isDeaf: boolean;
}

export const CALM: Readonly<Weather> = { delayMs: 1, loss: 0, isCut: false, frozenUntil: 0, isDeaf: false };

interface LinkOptions {
  readonly time: VirtualTime;
  readonly chance: Seeded;
  readonly server: LogServer;
  readonly weather: Weather;
}

/** As `PostgresChangeLog`: how long a change is sent again whose fate is not known, and how often. */
const ASK_AGAIN_MS = 5000;
const BETWEEN_MS = 100;
/** How long it takes to notice that a connection broke, on average. */
const NOTICED_MS = 20;
/** What was given up may arrive this much later. */
const LATE_MS = 3000;

class Broken extends Error {
  readonly wasSent: boolean;

  constructor(wasSent: boolean) {
    super(wasSent ? "the connection broke" : "no connection");
    this.wasSent = wasSent;
  }
}

/** What is shared as a process has it, over a network that a simulation has in hand. */
export class Link implements ChangeLog {
  /** What is deaf does not know it. */
  readonly tells = true;
  readonly #options: LinkOptions;
  readonly #stops = new Set<() => void>();
  /** Its process is gone: it hears nothing any more. */
  #isGone = false;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  async append(drafts: readonly LogDraft[], by: Appender): Promise<readonly number[]> {
    const { time, server } = this.#options;
    const until = time.elapsed + ASK_AGAIN_MS;
    let mayBeThere = false;
    for (;;) {
      try {
        return await this.#ask(() => server.append(drafts, by));
      } catch (error) {
        if (!(error instanceof Broken)) throw error;
        mayBeThere ||= error.wasSent;
        if (!mayBeThere) throw new HandclaspError("ERR_HANDCLASP_STORE_WRITE", error.message);
        if (time.elapsed >= until) throw new HandclaspError("ERR_HANDCLASP_OUTCOME_UNKNOWN", error.message);
        await new Promise<void>((resolve) => this.#after(BETWEEN_MS, resolve));
      }
    }
  }

  async read(after: LogPlace, most: number): Promise<LogRead> {
    try {
      return await this.#ask(() => this.#options.server.cluster.log.read(after, most));
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      throw new HandclaspError("ERR_HANDCLASP_STORE_READ", error.message);
    }
  }

  cutBefore(position: number): Promise<number> {
    return this.#options.server.cluster.log.cutBefore(position);
  }

  begins(): Promise<number> {
    return this.#options.server.cluster.log.begins();
  }

  onMore(listener: () => void): () => void {
    const { server, weather } = this.#options;
    const stop = server.cluster.log.onMore(() => {
      if (weather.isDeaf || weather.isCut || server.isAway) return;
      this.#after(this.#delay(), listener);
    });
    this.#stops.add(stop);
    return stop;
  }

  /** The whole cluster by this link: what its other parts are asked has the same weather as the log. */
  cluster(): Cluster {
    return new Proxy(this.#options.server.cluster, {
      get: (cluster, name) => {
        if (name === "log") return this;
        if (name === "close") return () => this.close();
        const part: unknown = Reflect.get(cluster, name);
        return typeof part === "object" && part !== null ? this.#overNetwork(part) : part;
      },
    });
  }

  async close(): Promise<void> {
    this.#isGone = true;
    for (const stop of this.#stops) stop();
  }

  #overNetwork(part: object): object {
    return new Proxy(part, {
      get: (_part, name) => {
        const method: unknown = Reflect.get(part, name);
        if (typeof method !== "function") return method;
        return async (...given: readonly unknown[]): Promise<unknown> => {
          try {
            return await this.#ask(async () => Reflect.apply(method, part, given) as unknown);
          } catch (error) {
            if (!(error instanceof Broken)) throw error;
            throw new HandclaspError("ERR_HANDCLASP_STORE_READ", error.message);
          }
        };
      },
    });
  }

  /** One question and its answer. Whoever asks is told nothing when its process is gone by then. */
  #ask<T>(serve: () => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const { chance, weather, server } = this.#options;
    const broken = (wasSent: boolean): void =>
      this.#after(chance.around(NOTICED_MS), () => reject(new Broken(wasSent)));
    if (weather.isCut || server.isAway) {
      broken(false);
      return promise;
    }
    const { count } = server;
    const isAway = (): boolean => server.isAway || server.count !== count;
    const isLost = chance.chance(weather.loss);
    const isUnanswered = chance.chance(weather.loss);
    this.#arrives(() => {
      if (weather.isCut || isAway()) return broken(true);
      if (isLost) {
        if (chance.chance(0.5)) this.#late(serve, isAway);
        return broken(true);
      }
      void serve().then(
        (answer) =>
          isUnanswered
            ? broken(true)
            : this.#arrives(() => (weather.isCut || server.count !== count ? broken(true) : resolve(answer))),
        reject,
      );
    });
    return promise;
  }

  /** The server does what nobody waits for any more. */
  #late<T>(serve: () => Promise<T>, isAway: () => boolean): void {
    const { time, chance } = this.#options;
    time.after(chance.next() * LATE_MS, () => {
      if (!isAway()) void serve();
    });
  }

  /** What is on its way to the server arrives though its process is gone. */
  #arrives(call: () => void): void {
    this.#options.time.after(this.#delay(), call);
  }

  #after(ms: number, call: () => void): void {
    this.#options.time.after(ms, () => {
      if (!this.#isGone) call();
    });
  }

  #delay(): number {
    const { time, chance, weather } = this.#options;
    const frozen = Math.max(0, weather.frozenUntil - time.elapsed);
    return frozen + weather.delayMs + chance.around(weather.delayMs);
  }
}
