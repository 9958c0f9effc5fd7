import { CALM } from "./link.ts";
import type { LogServer } from "./log-server.ts";
import type { Seeded } from "./seeded.ts";
import type { SimulatedNode } from "./simulated-node.ts";
import type { VirtualTime } from "./virtual-time.ts";

interface FaultsOptions {
  readonly time: VirtualTime;
  readonly chance: Seeded;
  readonly nodes: readonly SimulatedNode[];
  readonly server: LogServer;
  /** Sets the clock of the log this far off. */
  readonly setLogClock: (offMs: number) => void;
  /** Another database takes over that lacks so many changes. */
  readonly failOver: (lacking: number) => void;
}

const BETWEEN_MS = 200;
/** The longer the log is, the longer it takes to carry it out anew. */
const SELDOM_FROM = 1000;
const HOUR_MS = 3_600_000;

/** What goes wrong, from a seed, until it is told to stop. */
export class Faults {
  readonly #options: FaultsOptions;
  readonly #counts = new Map<string, number>();
  #isOver = false;

  constructor(options: FaultsOptions) {
    this.#options = options;
    this.#next();
  }

  /** How often each happened. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** All goes well again. */
  end(): void {
    this.#isOver = true;
    this.#options.server.isAway = false;
    for (const node of this.#options.nodes) {
      Object.assign(node.weather, CALM);
      if (node.processes === 0) node.start();
    }
  }

  #next(): void {
    const { time, chance } = this.#options;
    time.after(chance.around(BETWEEN_MS), () => {
      if (this.#isOver) return;
      const [name, happen] = chance.pick(this.#kinds(chance.pick(this.#options.nodes)));
      this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
      happen();
      this.#next();
    });
  }

  #kinds(node: SimulatedNode): readonly (readonly [string, () => void])[] {
    const { time, chance, server, setLogClock, failOver } = this.#options;
    const { weather } = node;
    return [
      [
        "cut",
        () =>
          this.#for(
            2000,
            () => (weather.isCut = true),
            () => (weather.isCut = false),
          ),
      ],
      ["frozen", () => void (weather.frozenUntil = time.elapsed + chance.around(1500))],
      [
        "lossy",
        () =>
          this.#for(
            3000,
            () => (weather.loss = chance.next() * 0.5),
            () => (weather.loss = 0),
          ),
      ],
      [
        "slow",
        () =>
          this.#for(
            3000,
            () => (weather.delayMs = chance.around(150)),
            () => (weather.delayMs = CALM.delayMs),
          ),
      ],
      [
        "deaf",
        () =>
          this.#for(
            5000,
            () => (weather.isDeaf = true),
            () => (weather.isDeaf = false),
          ),
      ],
      [
        "process crashes",
        () =>
          this.#for(
            1000,
            () => node.crash(),
            () => node.start(),
          ),
      ],
      [
        "all processes of a node crash",
        () =>
          this.#for(
            1500,
            () => {
              while (node.processes > 0) node.crash();
            },
            () => node.start(),
          ),
      ],
      ["another process", () => node.processes < 3 && node.start()],
      ["clock off", () => void (node.clockOffMs = chance.pick([-HOUR_MS, 0, HOUR_MS]))],
      ["log's clock off", () => setLogClock(chance.pick([-HOUR_MS, 0, 1000]))],
      [
        "fail-over",
        () => chance.chance(SELDOM_FROM / (SELDOM_FROM + server.length)) && failOver(chance.below(20)),
      ],
      [
        "log away",
        () =>
          this.#for(
            700,
            () => (server.isAway = true),
            () => (server.isAway = false),
          ),
      ],
    ];
  }

  #for(meanMs: number, begin: () => void, end: () => void): void {
    begin();
    const { time, chance } = this.#options;
    time.after(chance.around(meanMs), () => {
      if (!this.#isOver) end();
    });
  }
}
