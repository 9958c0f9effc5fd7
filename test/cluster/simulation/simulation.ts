import { createHash } from "node:crypto";
import { isHandclaspError } from "../../../src/errors.ts";
import type { LogEntry } from "../../../src/trust/port/change-log.ts";
import type { Outcome } from "../../../src/trust/records/change.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";
import { Agreement } from "./agreement.ts";
import { CarriedOut } from "./carried-out.ts";
import { Expectation } from "./expectation.ts";
import { Faults } from "./faults.ts";
import { type Arrival, Load } from "./load.ts";
import { LogServer } from "./log-server.ts";
import { Seeded } from "./seeded.ts";
import { EPOCH, SimulatedNode } from "./simulated-node.ts";
import { VirtualTime } from "./virtual-time.ts";

export interface SimulationOptions {
  readonly seed: string;
  /** It goes well again once the log has so many. */
  readonly changes: number;
  readonly nodes?: number;
  /** Default true. */
  readonly hasFaults?: boolean;
  /** Is told now and then how far it is. */
  readonly say?: (line: string) => void;
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

/** How long nodes have, in virtual time, to come to the same once all goes well again. */
const SETTLES_MS = 120_000;
/** By then, whatever was on its way has arrived, or nobody waits for it any more. */
const CALMS_DOWN_MS = 10_000;
const FAIL_OVER_MS = 300;
const TOLD_EACH = 10_000;
/** Before it, a machine may have nothing in common with the log that takes over. */
const FIRST_FAIL_OVER = 100;

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
  #expected: Expectation = this.#expect();
  readonly #server: LogServer;
  readonly #nodes: readonly SimulatedNode[];
  readonly #load: Load;
  readonly #faults: Faults;
  readonly #trace = createHash("sha256");
  readonly #agreement: Agreement;
  readonly #carriedOut: CarriedOut;
  readonly #greeted = new Set<KeyPin>();
  /** Of whom it was said so, whatever the log lost later. */
  readonly #revoked = new Set<KeyPin>();
  /** Of whom it was said that nothing was appended. */
  readonly #unwritten = new Set<KeyPin>();
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
    this.#agreement = new Agreement(this.#server);
    this.#carriedOut = new CarriedOut(this.#server);
    const { openScratch } = this.#carriedOut;
    const onWritten = (node: SimulatedNode): void => this.#written(node);
    this.#nodes = Array.from(
      { length: options.nodes ?? 5 },
      () => new SimulatedNode({ time, chance, server: this.#server, openScratch, onWritten }),
    );
    for (const node of this.#nodes) node.start();
    this.#load = new Load(chance, this.#nodes);
    const setLogClock = (offMs: number): void => void (this.#clockOffMs = offMs);
    const failOver = (lacking: number): void => void this.#failOver(lacking);
    this.#faults = new Faults({
      time,
      chance,
      nodes: this.#nodes,
      server: this.#server,
      setLogClock,
      failOver,
    });
    if (options.hasFaults === false) this.#faults.end();
  }

  get elapsed(): number {
    return this.#time.elapsed;
  }

  async run(): Promise<SimulationReport> {
    this.#next();
    let told = TOLD_EACH;
    while (this.#isUnderWay) {
      await this.#step();
      if (this.#server.length < told) continue;
      this.#options.say?.(`${told} changes, ${Math.round(this.elapsed / 1000)} s of virtual time`);
      told += TOLD_EACH;
    }
    this.#faults.end();
    const { elapsed } = this;
    while (this.elapsed < elapsed + CALMS_DOWN_MS) await this.#step();
    while (this.elapsed < elapsed + SETTLES_MS && !this.#isSettled) await this.#step();
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

  get #isUnderWay(): boolean {
    return this.#server.length < this.#options.changes;
  }

  /** All connections break, and what nobody has any more was promised to nobody. */
  async #failOver(lacking: number): Promise<void> {
    const server = this.#server;
    const position = server.length - lacking;
    if (position < FIRST_FAIL_OVER) return;
    this.#note(`fail-over to ${position}`);
    server.isAway = true;
    this.#time.after(FAIL_OVER_MS, () => {
      server.isAway = false;
    });
    this.#expected = this.#expect();
    await server.failOver(position);
    await this.#carriedOut.goOn();
    this.#agreement.endsAt(position);
    for (const pin of this.#greeted) if (!this.#isInLog(pin)) this.#greeted.delete(pin);
  }

  #expect(): Expectation {
    return new Expectation((pin) => this.#load.isOwn(pin));
  }

  #isInLog(pin: KeyPin): boolean {
    return this.#expected.stateAt(pin, this.#server.length) !== undefined;
  }

  get #isSettled(): boolean {
    return this.#nodes.every((node) => node.place().position === this.#server.length);
  }

  #next(): void {
    const arrival = this.#load.next();
    this.#time.after(arrival.afterMs, () => {
      this.#arrived(arrival);
      if (this.#isUnderWay) this.#next();
    });
  }

  #arrived({ node, change, greets }: Arrival): void {
    if (node.processes === 0) return;
    void this.#settled(node, { change, greets }, node.apply(change));
  }

  async #settled(
    node: SimulatedNode,
    { change, greets }: Pick<Arrival, "change" | "greets">,
    applied: Promise<Outcome>,
  ): Promise<void> {
    try {
      const outcome = await applied;
      this.#note(`${node.id} ${outcome.kind}`);
      if (outcome.kind === "changed" && change.type === "revoke")
        this.#wasRevoked(this.#load.pinOf(change.key));
      if (greets !== null && outcome.kind === "changed") this.#greet(node, greets);
    } catch (error) {
      if (!isHandclaspError(error)) return this.#fail(error);
      this.#note(`${node.id} ${error.code}`);
      if (error.code === "ERR_HANDCLASP_OUTCOME_UNKNOWN") this.#unknown += 1;
      if (error.code === "ERR_HANDCLASP_STORE_READ")
        this.#fail(new Error(`${change.type} could not be read: ${error.message}`, { cause: error }));
      if (error.code === "ERR_HANDCLASP_STORE_WRITE") this.#refused(greets);
    }
  }

  #wasRevoked(pin: string): void {
    if (this.#load.isOwn(pin)) this.#revoked.add(pin as KeyPin);
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
    const place = node.place();
    // On a branch, it will be told to have lost this one.
    if (!this.#server.has(place)) return;
    this.#greeted.add(pin);
    const { position } = place;
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
      const checked = this.#agreement.check(node, this.#expected);
      if (checked !== undefined) this.#note(`${node.id} ${checked}`);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** What must hold once all goes well again. */
  #end(): void {
    this.#agreement.end(this.#nodes, this.#expected);
    for (const pin of this.#greeted) {
      if (!this.#isInLog(pin)) throw new Error(`${pin} was greeted, and is unknown`);
    }
    for (const pin of this.#revoked) {
      if (this.#nodes.some((node) => node.state(pin) === "trusted"))
        throw new Error(`${pin} was revoked, and is let in`);
    }
  }

  #note(what: string): void {
    this.#trace.update(`${this.elapsed} ${what}\n`);
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
  }
}
