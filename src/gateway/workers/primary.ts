import type { ServerAddress } from "../../client/servers/server-address.ts";
import { HandclaspError } from "../../errors.ts";
import { FirstUseLimits, DEFAULT_FIRST_USE_LIMITS } from "../../trust/limits/first-use-limits.ts";
import { firstLease, grantLease } from "../../trust/limits/leased-limits.ts";
import { crosses, type CrossingType, fromCrossing } from "../../trust/happenings/crossing.ts";
import { Happenings } from "../../trust/happenings/happenings.ts";
import type { GatewayConfig } from "../config/config.ts";
import { toConfigMessage } from "./config-message.ts";
import { DepartedWorkers } from "./departed-workers.ts";
import type { HappeningsBatch } from "./happenings-sender.ts";
import { ListenerPlaces } from "./listener-places.ts";
import { Successions } from "./successions.ts";
import { TICKET_ROTATION, TicketSecretSource } from "../tickets/ticket-secrets.ts";
import type { FromWorker, Health, WorkerReport } from "./worker-message.ts";
import { type WorkerEnd, WorkerProcess } from "./worker-process.ts";

interface PrimaryOptions {
  readonly count: number;
  /** What starts a worker. */
  readonly command: readonly [string, ...string[]];
  /** Sockets that are open already, one for each of the first listeners. */
  readonly sockets: readonly number[];
  /** How often workers are asked whether they are there; default 10 s. */
  readonly askEveryMs?: number;
}

/** Where `SO_REUSEPORT` spreads connections over those who listen, as Node has it. */
const SHARES_PORTS: ReadonlySet<NodeJS.Platform> = new Set(["linux", "freebsd", "sunos", "aix"]);
const ASK_EVERY_MS = 10_000;
/** A worker that gave no answer so many times in a row keeps its share of the connections waiting for ever. */
const MOST_SILENCES = 3;
/** What a worker has after its connections' time to write down and end. */
const GRACE_MS = 5000;
const { burst: BURST } = DEFAULT_FIRST_USE_LIMITS.overall;

/** Keeps a number of workers running that are one gateway to whoever looks at it from outside. */
export class Primary {
  /** What becomes of the workers, and whatever happens in them that somebody wants to hear. */
  readonly happenings: Happenings = new Happenings({
    onHeard: (types) => this.#hear(types.filter(crosses)),
  });
  #heard: readonly CrossingType[] = [];
  readonly #options: PrimaryOptions;
  readonly #workers = new Set<WorkerProcess>();
  readonly #limits = new FirstUseLimits();
  readonly #tickets = new TicketSecretSource(TICKET_ROTATION, (secrets) => {
    for (const worker of this.#workers) worker.send({ type: "tickets", secrets });
  });
  readonly #places: ListenerPlaces;
  readonly #successions = new Successions();
  /** Who is to come. They keep the process: nothing else may be left that does. */
  readonly #successors = new Set<NodeJS.Timeout>();
  #config: GatewayConfig;
  #stopping = false;
  readonly #departed = new DepartedWorkers();
  readonly #asking: NodeJS.Timeout;

  constructor(config: GatewayConfig, options: PrimaryOptions) {
    this.#config = config;
    this.#options = options;
    this.#places = new ListenerPlaces(config, options.sockets.length);
    const { askEveryMs = ASK_EVERY_MS } = options;
    this.#asking = setInterval(() => this.#askWorkers(), askEveryMs).unref();
  }

  /** Starts all workers, or none: then it throws. Returns the addresses in the order of the listeners. */
  async start(): Promise<readonly ServerAddress[]> {
    if (!SHARES_PORTS.has(process.platform) && this.#options.sockets.length < this.#config.listeners.length) {
      throw new HandclaspError(
        "ERR_HANDCLASP_OPTION",
        `on ${process.platform} processes cannot share a port`,
        {
          hint: "let one worker do",
          remedies: [{ act: "serve-with-one-worker", at: "server" }],
        },
      );
    }
    try {
      await this.#places.probe(this.#config);
      const addresses = await this.#launch().listening;
      this.#config = this.#places.keep(this.#config, addresses);
      const others = Array.from({ length: this.#options.count - 1 }, () => this.#launch());
      await Promise.all(others.map(({ listening }) => listening));
      return addresses;
    } catch (error) {
      await this.stop("SIGKILL");
      throw error;
    }
  }

  /** The processes that accept connections now. */
  get pids(): readonly number[] {
    return this.#listening.map(({ pid }) => pid);
  }

  /** Everybody takes over a new configuration, those who are started later, too; or nobody does: then it throws. */
  async reload(config: GatewayConfig): Promise<readonly ServerAddress[]> {
    const next = await this.#places.next(this.#config, config);
    const workers = [...this.#workers];
    const answers = await Promise.allSettled(workers.map((worker) => worker.prepare(next)));
    const prepared = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
    const failure = answers.find((answer) => answer.status === "rejected");
    if (failure !== undefined) {
      for (const each of prepared) each.abandon();
      throw failure.reason;
    }
    this.#config = next;
    // Who was started meanwhile began with what was before.
    const others = [...this.#workers].filter((worker) => !workers.includes(worker));
    await Promise.all([
      ...prepared.map((each) => each.commit()),
      ...others.map((each) => this.#update(each)),
    ]);
    // Guards that are new do not know whom former ones gave tickets to.
    this.#tickets.holdersLost();
    return this.#places.addressesOf(next);
  }

  /** One that cannot follow is ended: its successor begins with what it should have. */
  async #update(worker: WorkerProcess): Promise<void> {
    try {
      await (await worker.prepare(this.#config)).commit();
    } catch (error) {
      this.happenings.tell({ type: "worker-failed", error });
      worker.kill("SIGKILL");
    }
  }

  /** What all workers counted, those that are gone included: their counters still count. */
  async reports(): Promise<readonly WorkerReport[]> {
    // Before anybody is asked: who ends meanwhile would be among them as well as among the others.
    const departed = this.#departed.reports();
    const reports = await Promise.all(Array.from(this.#workers, reportOf));
    return [...(await departed), ...reports.filter((report) => report !== undefined)];
  }

  /** How the workers are that accept connections. */
  health(): Promise<readonly Health[]> {
    return Promise.all(this.#listening.map((worker) => worker.health()));
  }

  get #listening(): readonly WorkerProcess[] {
    return [...this.#workers].filter(({ isListening }) => isListening);
  }

  /** Lets connections finish as long as the configuration says, then ends them. */
  async stop(how: "drain" | "SIGKILL" = "drain"): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#asking);
    for (const successor of this.#successors) clearTimeout(successor);
    this.#tickets[Symbol.dispose]();
    const ends = Array.from(this.#workers, ({ ended }) => ended);
    for (const worker of this.#workers) {
      if (how === "drain") worker.send({ type: "drain" });
      else worker.kill(how);
    }
    const late = setTimeout(() => {
      for (const worker of this.#workers) worker.kill("SIGKILL");
    }, this.#config.drainTimeoutMs + GRACE_MS);
    await Promise.all(ends);
    clearTimeout(late);
  }

  #launch(): WorkerProcess {
    const { command, sockets } = this.#options;
    const worker = new WorkerProcess(command, sockets, (message) => this.#received(worker, message));
    this.#workers.add(worker);
    const startedAt = performance.now();
    void worker.ended.then((end) => this.#ended(worker, end, performance.now() - startedAt));
    worker.send({
      type: "start",
      config: toConfigMessage(this.#config),
      sockets: [...this.#places.sockets],
      secrets: this.#tickets.secrets,
      heard: this.#heard,
      lease: firstLease(this.#limits, { burst: BURST, processes: this.#options.count }, performance.now()),
    });
    if (worker.wasStarted) this.happenings.tell({ type: "worker-started", pid: worker.pid });
    return worker;
  }

  #received(worker: WorkerProcess, message: FromWorker): void {
    if (message.type === "renew") this.#tickets.renew(message.generation);
    else if (message.type === "happenings") this.#happened(worker, message);
    else if (message.type === "spent") {
      worker.send({ type: "grant", ...grantLease(this.#limits, message, performance.now()) });
    }
  }

  /** Workers tell nothing that nobody asks for. */
  #hear(types: readonly CrossingType[]): void {
    this.#heard = types;
    for (const worker of this.#workers) worker.send({ type: "hear", types });
  }

  #happened({ pid }: WorkerProcess, { happenings, lost }: HappeningsBatch): void {
    for (const crossing of happenings) this.happenings.tell(fromCrossing(crossing));
    if (lost > 0) this.happenings.tell({ type: "happenings-lost", pid, count: lost });
  }

  #askWorkers(): void {
    for (const worker of this.#listening) void this.#askWorker(worker);
  }

  async #askWorker(worker: WorkerProcess): Promise<void> {
    const { awake } = await worker.health();
    worker.silences = awake ? 0 : worker.silences + 1;
    if (worker.silences !== MOST_SILENCES || !this.#workers.has(worker)) return;
    this.happenings.tell({ type: "worker-stuck", pid: worker.pid });
    worker.kill("SIGKILL");
  }

  #ended(worker: WorkerProcess, end: WorkerEnd, livedMs: number): void {
    this.#workers.delete(worker);
    if (worker.lastReport !== undefined) this.#departed.add(worker.lastReport);
    if (this.#stopping) return;
    if (worker.wasStarted) this.happenings.tell({ type: "worker-died", pid: worker.pid, ...end });
    this.#tickets.holdersLost();
    const timer = setTimeout(() => {
      this.#successors.delete(timer);
      this.#replace();
    }, this.#successions.delayAfter(livedMs));
    this.#successors.add(timer);
  }

  #replace(): void {
    this.#launch().listening.catch((error: unknown) => {
      if (!this.#stopping) this.happenings.tell({ type: "worker-failed", error });
    });
  }
}

/** Of one that does not answer, what it said last: without it, sums would go back. */
async function reportOf(worker: WorkerProcess): Promise<WorkerReport | undefined> {
  return (await worker.report()) ?? worker.lastReport;
}
