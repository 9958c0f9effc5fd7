import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { globSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { openDatabase } from "../../../src/node-sqlite.ts";
import { ReplicaReader } from "../../../src/store/replica/replica-reader.ts";
import type { Change, Outcome } from "../../../src/trust/records/change.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";
import { RULES } from "../../../src/trust/rules.ts";
import type { UnreliableNetwork } from "../support/unreliable-network.ts";
import type { Answer, Question, Told } from "./node-messages.ts";
import { runToEnd } from "../../cli/support/serve.ts";
import { programOf, verbsOf } from "./other-version.ts";

export const FAKETIME: string | undefined = globSync("/usr/lib/*/faketime/libfaketimeMT.so.1")[0];

/** What a busy machine may take for a verb. */
const VERB_MS = 300_000;

/** What a process said of a question that it could not answer. */
export class Unanswered extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

interface NodeOptions {
  readonly name: string;
  readonly replica: string;
  readonly network: UnreliableNetwork;
  readonly maxStalenessMs: number;
}

interface Process {
  readonly child: ChildProcess;
  readonly waiting: Map<number, PromiseWithResolvers<Told>>;
  /** It was to end. */
  isDone: boolean;
}

/** A machine of the cluster: its replica, its way to the database, and the processes that share both. */
export class NodeHandle {
  readonly name: string;
  readonly replica: string;
  readonly network: UnreliableNetwork;
  readonly #maxStalenessMs: number;
  readonly #processes: Process[] = [];
  /** How far the clock of the next process is from the true one; hours. */
  clockOffHours = 0;
  /** What the next process knows. */
  rules: number = RULES;
  /** What ended by itself, which nothing may. */
  readonly crashes: string[] = [];
  /** When it was started last that was dead. */
  startedAt = 0;
  #count = 0;

  constructor({ name, replica, network, maxStalenessMs }: NodeOptions) {
    this.name = name;
    this.replica = replica;
    this.network = network;
    this.#maxStalenessMs = maxStalenessMs;
  }

  get isAlive(): boolean {
    return this.#processes.length > 0;
  }

  get processes(): number {
    return this.#processes.length;
  }

  start(): void {
    if (!this.isAlive) this.startedAt = performance.now();
    const off = this.clockOffHours;
    const child = fork(programOf(this.rules, dirname(this.replica)), {
      serialization: "advanced",
      env: {
        ...process.env,
        NODE_STORE: this.#url(),
        ...(off !== 0 && {
          LD_PRELOAD: FAKETIME,
          FAKETIME: `${off > 0 ? "+" : ""}${off}h`,
          FAKETIME_DONT_FAKE_MONOTONIC: "1",
        }),
      },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const started: Process = { child, waiting: new Map(), isDone: false };
    this.#processes.push(started);
    child.on("message", (answer: Answer) => settle(started, answer));
    child.on("exit", (code, signal) => this.#ended(started, code ?? signal));
  }

  /** What a verb prints that an operator runs on this machine, as a process of its own. Throws where it fails. */
  async verb(...args: readonly string[]): Promise<unknown> {
    const folder = dirname(this.replica);
    const all = [verbsOf(this.rules, folder), ...args, "--json", "--store", this.#url()];
    const environment = { ...process.env, XDG_DATA_HOME: folder, NO_COLOR: "1" };
    const { code, stdout, stderr } = await runToEnd(process.execPath, all, {
      environment,
      timeoutMs: VERB_MS,
    });
    if (code !== 0) throw new Error(`${args.join(" ")} on ${this.name} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout);
  }

  /** Whether something was done here alone that is not in the log yet, or that cannot be told. */
  hasLater(): boolean {
    try {
      return this.read((replica) => replica.laterCount() > 0);
    } catch {
      return true;
    }
  }

  /** What its replica says, as it is in the file: nobody is asked. */
  read<T>(what: (replica: ReplicaReader) => T): T {
    const database = openDatabase(this.replica, { readOnly: true });
    try {
      return what(new ReplicaReader(database));
    } finally {
      database.close();
    }
  }

  /** As by a broken disk. It is dead. */
  loseReplica(): void {
    for (const file of globSync(`${this.replica}*`)) rmSync(file);
  }

  /** All its processes end without a word. */
  async kill(): Promise<void> {
    await Promise.all(this.#processes.map((one) => this.#kill(one)));
  }

  async killOne(): Promise<void> {
    const [one] = this.#processes;
    if (one !== undefined) await this.#kill(one);
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#processes.map(async (one) => {
        const exited = once(one.child, "exit");
        one.isDone = true;
        await this.#ask(one, { kind: "close" }).catch(() => undefined);
        if (one.child.connected) one.child.disconnect();
        await exited;
      }),
    );
  }

  async apply(change: Change): Promise<Outcome> {
    const told = await this.ask({ kind: "apply", change });
    if (told.kind !== "outcome") throw new Error("this is no outcome");
    return told.outcome;
  }

  async judge(pins: readonly KeyPin[]): Promise<readonly string[]> {
    const told = await this.ask({ kind: "judge", pins });
    if (told.kind !== "states") throw new Error("these are no states");
    return told.states;
  }

  ask(question: Question): Promise<Told> {
    const one = this.#processes[this.#count % this.#processes.length];
    if (one === undefined) return Promise.reject(new Unanswered("dead", `${this.name} is dead`));
    return this.#ask(one, question);
  }

  #ask(one: Process, question: Question): Promise<Told> {
    const id = ++this.#count;
    const waiting = Promise.withResolvers<Told>();
    one.waiting.set(id, waiting);
    one.child.send({ id, question }, (error) => {
      if (error !== null) waiting.reject(new Unanswered("dead", error.message));
    });
    return waiting.promise;
  }

  async #kill(one: Process): Promise<void> {
    const exited = once(one.child, "exit");
    one.isDone = true;
    one.child.kill("SIGKILL");
    await exited;
  }

  #ended(ended: Process, how: number | string | null): void {
    if (!ended.isDone) this.crashes.push(`a process of ${this.name} ended by itself: ${how}`);
    this.#processes.splice(this.#processes.indexOf(ended), 1);
    for (const { reject } of ended.waiting.values()) reject(new Unanswered("dead", `${this.name} died`));
  }

  #url(): string {
    const { port } = this.network;
    const query = new URLSearchParams({
      replica: this.replica,
      node: this.name,
      max_staleness: `${this.#maxStalenessMs / 1000}s`,
    });
    return `postgres://postgres@127.0.0.1:${port}/postgres?${query}`;
  }
}

function settle({ waiting }: Process, answer: Answer): void {
  const one = waiting.get(answer.id);
  waiting.delete(answer.id);
  if (answer.ok) one?.resolve(answer.told);
  else one?.reject(new Unanswered(answer.code, answer.message));
}
