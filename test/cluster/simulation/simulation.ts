import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { isHandclaspError } from "../../../src/errors.ts";
import type { LogEntry } from "../../../src/trust/port/change-log.ts";
import type { Outcome } from "../../../src/trust/records/change.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";
import { Expectation } from "./expectation.ts";
import { decidedRows } from "../../store/replica/support/decided-rows.ts";
import { Faults } from "./faults.ts";
import { type Arrival, Load } from "./load.ts";
import { LogServer } from "./log-server.ts";
import { Seeded } from "./seeded.ts";
import { EPOCH, SimulatedNode } from "./simulated-node.ts";
import { VirtualTime } from "./virtual-time.ts";

export interface SimulationOptions {
  readonly seed: string;
  /** How many changes come to the nodes, all together. */
  readonly changes: number;
  readonly nodes?: number;
  /** Default true. */
  readonly hasFaults?: boolean;
  /** Does harm, to see that it is noticed: after each transaction on a replica. */
  readonly harm?: (node: SimulatedNode) => void;
}

export interface SimulationReport {
  readonly seed: string;
  readonly steps: number;
  readonly virtualMs: number;
  readonly logged: number;
  readonly greeted: number;
  /** How many changes nobody could tell the fate of, and how many were refused because the log was away. */
  readonly unknown: number;
  readonly away: number;
  readonly faults: ReadonlyMap<string, number>;
  /** Of all that happened, and when: the same for the same seed. */
  readonly trace: string;
}

/** What is compared whole, at every so many positions of the log. */
const WHOLE_EVERY = 25;
/** How long nodes have, in virtual time, to come to the same once all goes well again. */
const SETTLES_MS = 120_000;

/** Runs a cluster in virtual time. Throws, with what to run to see it again, as soon as something does not hold. */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const simulation = new Simulation(options);
  try {
    return await simulation.run();
  } catch (error) {
    const { seed, changes } = options;
    const again = `npm run test:cluster -- --simulate --seed ${seed} --changes ${changes}`;
    const where = `after ${simulation.steps} steps, ${Math.round(simulation.elapsed)} ms of virtual time`;
    throw new Error(`${(error as Error).message} (${where}; again: ${again})`, { cause: error });
  }
}

class Simulation {
  readonly #options: SimulationOptions;
  readonly #time = new VirtualTime();
  readonly #chance: Seeded;
  readonly #expected = new Expectation();
  readonly #server: LogServer;
  readonly #nodes: readonly SimulatedNode[];
  readonly #load: Load;
  readonly #faults: Faults;
  readonly #trace = createHash("sha256");
  /** What all who are at a position must have: the head of their events. */
  readonly #heads = new Map<number, string>();
  readonly #rows = new Map<number, unknown>();
  readonly #checkedTo = new Map<SimulatedNode, number>();
  readonly #greeted = new Set<KeyPin>();
  /** Of whom it was said that nothing was appended. */
  readonly #unwritten = new Set<KeyPin>();
  #arrivals = 0;
  #unknown = 0;
  #away = 0;
  #clockOffMs = 0;
  #failure: unknown;
  steps = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#chance = new Seeded(options.seed);
    const time = this.#time;
    const chance = this.#chance;
    this.#server = new LogServer(
      () => EPOCH + Math.floor(time.elapsed) + this.#clockOffMs,
      (entry) => this.#appended(entry),
    );
    const onWritten = (node: SimulatedNode): void => this.#written(node);
    this.#nodes = Array.from(
      { length: options.nodes ?? 5 },
      () => new SimulatedNode({ time, chance, server: this.#server, onWritten }),
    );
    for (const node of this.#nodes) node.start();
    this.#load = new Load(chance, this.#nodes);
    const setLogClock = (offMs: number): void => void (this.#clockOffMs = offMs);
    this.#faults = new Faults({ time, chance, nodes: this.#nodes, server: this.#server, setLogClock });
    if (options.hasFaults === false) this.#faults.end();
  }

  get elapsed(): number {
    return this.#time.elapsed;
  }

  async run(): Promise<SimulationReport> {
    this.#next();
    while (this.#arrivals < this.#options.changes) await this.#step();
    this.#faults.end();
    const until = this.elapsed + SETTLES_MS;
    while (this.elapsed < until) await this.#step();
    this.#end();
    return {
      seed: this.#options.seed,
      steps: this.steps,
      virtualMs: this.elapsed,
      logged: this.#server.length,
      greeted: this.#greeted.size,
      unknown: this.#unknown,
      away: this.#away,
      faults: this.#faults.counts,
      trace: this.#trace.digest("hex"),
    };
  }

  async #step(): Promise<void> {
    this.steps += 1;
    await this.#time.step();
    if (this.#failure !== undefined) throw this.#failure;
  }

  #next(): void {
    const arrival = this.#load.next();
    this.#time.after(arrival.afterMs, () => {
      this.#arrived(arrival);
      if (++this.#arrivals < this.#options.changes) this.#next();
    });
  }

  #arrived({ node, change, greets }: Arrival): void {
    if (node.processes === 0) return;
    void this.#settled(node, node.apply(change), greets);
  }

  async #settled(node: SimulatedNode, applied: Promise<Outcome>, greets: KeyPin | null): Promise<void> {
    try {
      const outcome = await applied;
      this.#note(`${node.id} ${outcome.kind}`);
      if (greets !== null && outcome.kind === "changed") this.#greet(node, greets);
    } catch (error) {
      if (!isHandclaspError(error)) return this.#fail(error);
      this.#note(`${node.id} ${error.code}`);
      if (error.code === "ERR_HANDCLASP_OUTCOME_UNKNOWN") this.#unknown += 1;
      if (error.code === "ERR_HANDCLASP_STORE_READ") this.#fail(new Error("a change failed to be read"));
      if (error.code === "ERR_HANDCLASP_STORE_WRITE") this.#refused(greets);
    }
  }

  /** Nothing was appended, and nothing may be later. */
  #refused(greets: KeyPin | null): void {
    this.#away += 1;
    if (greets === null) return;
    this.#unwritten.add(greets);
    if (this.#expected.isClaimed(greets))
      this.#fail(new Error(`${greets} was told that nothing was appended, and is in the log`));
  }

  /** Whoever is greeted is in the log, and let in by the node that greets. */
  #greet(node: SimulatedNode, pin: KeyPin): void {
    this.#greeted.add(pin);
    const { position } = node.place();
    if (this.#expected.stateAt(pin, position) === undefined)
      this.#fail(new Error(`${pin} was greeted at position ${position}, and the log does not say so`));
    this.#load.greeted(pin);
  }

  #appended(entry: LogEntry): void {
    try {
      this.#note(entry.hash);
      this.#expected.take(entry);
      for (const pin of this.#expected.about(entry.position)?.pins ?? []) {
        if (this.#unwritten.has(pin) && this.#expected.isClaimed(pin))
          throw new Error(`${pin} was told that nothing was appended, and came into the log later`);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #written(node: SimulatedNode): void {
    try {
      this.#options.harm?.(node);
      this.#check(node);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** What must hold after each transaction on a replica. */
  #check(node: SimulatedNode): void {
    const { position, hash } = node.place();
    const from = this.#checkedTo.get(node) ?? 0;
    if (position === from) return;
    if (position < from) throw new Error(`${node.id} went back from ${from} to ${position}`);
    this.#checkedTo.set(node, position);
    const { sequence, hash: head } = node.head();
    this.#note(`${node.id} ${position} ${head}`);
    const both = `${hash} ${sequence} ${head}`;
    const others = this.#heads.get(position) ?? both;
    this.#heads.set(position, others);
    if (others !== both) throw new Error(`at ${position} one has ${others}, and ${node.id} ${both}`);
    for (let at = from + 1; at <= position; at++) this.#checkEntry(node, at, position);
    if (position % WHOLE_EVERY === 0) this.#checkWhole(node, position);
  }

  /** Those that an entry was about are what the log led to. */
  #checkEntry(node: SimulatedNode, at: number, position: number): void {
    const about = this.#expected.about(at);
    if (about === undefined) return;
    for (const pin of about.pins) this.#checkKey(node, pin, position);
    if (about.name !== null && node.holders(about.name) > 1)
      throw new Error(`${about.name} has more than one key at ${node.id}, at ${position}`);
  }

  #checkKey(node: SimulatedNode, pin: KeyPin, position: number): void {
    const expected = this.#expected.stateAt(pin, position);
    const state = node.state(pin);
    const isRight = expected === undefined ? state !== "trusted" : state === expected;
    if (!isRight)
      throw new Error(`${pin} is ${state} at ${node.id}, at ${position}, and should be ${expected}`);
  }

  #checkWhole(node: SimulatedNode, position: number): void {
    const rows = decidedRows(node.database);
    const others = this.#rows.get(position);
    if (others === undefined) this.#rows.set(position, rows);
    else if (!isDeepStrictEqual(rows, others))
      throw new Error(`${node.id} has other rows than others at ${position}`);
  }

  /** What must hold once all goes well again. */
  #end(): void {
    const end = this.#server.length;
    const [first, ...others] = this.#nodes;
    if (first === undefined) return;
    for (const node of this.#nodes) {
      const { position } = node.place();
      if (position !== end) throw new Error(`${node.id} is at ${position}, and the log ends at ${end}`);
      for (const pin of this.#expected.keys) this.#checkKey(node, pin, end);
    }
    const rows = decidedRows(first.database);
    for (const other of others) {
      if (!isDeepStrictEqual(decidedRows(other.database), rows))
        throw new Error(`${other.id} has other rows than ${first.id} at the end`);
    }
    for (const pin of this.#greeted) {
      if (this.#expected.stateAt(pin, end) === undefined)
        throw new Error(`${pin} was greeted, and is unknown`);
    }
    this.#checkCounts(first);
  }

  /** As many peers as names that were won, and as many of them by tokens as tokens were used. */
  #checkCounts({ database }: SimulatedNode): void {
    const count = (sql: string): number => Number(database.prepare(sql).get()?.["count"]);
    const peers = count(
      "SELECT count(DISTINCT name_key) AS count FROM keys WHERE name_key GLOB 'peer-*' OR name_key GLOB 'token-*'",
    );
    const keys = count(
      "SELECT count(*) AS count FROM keys WHERE name_key GLOB 'peer-*' OR name_key GLOB 'token-*'",
    );
    const used = count(
      "SELECT count(*) AS count FROM tokens WHERE peer GLOB 'token-*' AND used_by IS NOT NULL",
    );
    const expected = this.#expected.names.size;
    if (peers !== expected || keys !== expected || used !== this.#expected.tokensUsed)
      throw new Error(
        `${peers} names with ${keys} keys, ${used} tokens used; the log has ${expected} names, ${this.#expected.tokensUsed} tokens`,
      );
  }

  #note(what: string): void {
    this.#trace.update(`${this.elapsed} ${what}\n`);
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
  }
}
