import { type ChildProcess, spawn } from "node:child_process";
import type { ServerAddress } from "../../client/servers/server-address.ts";
import { HandclaspError, type ErrorCode } from "../../errors.ts";
import type { GatewayConfig } from "../config/config.ts";
import { toConfigMessage } from "./config-message.ts";
import type { FromWorker, Health, ToWorker, WorkerError, WorkerReport } from "./worker-message.ts";
import { Deadline } from "../../deadline.ts";

/** How a worker ended. */
export interface WorkerEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const ANSWER_MS = 2000;
/** A worker that is just being started answers when it is. */
const RELOAD_MS = 20_000;

type Answer = Extract<FromWorker, { readonly type: "report" | "health" }>;

/** A configuration that a worker can take over. */
interface PreparedWorker {
  /** Resolves when it has. */
  commit(): Promise<void>;
  abandon(): void;
}

/** A worker as its primary sees it. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #onMessage: (message: FromWorker) => void;
  readonly #listening = Promise.withResolvers<readonly ServerAddress[]>();
  readonly #ended = Promise.withResolvers<WorkerEnd>();
  readonly #answers = new Map<number, (answer: Answer | undefined) => void>();
  readonly #reloads = new Map<number, (error: Error | null) => void>();
  #requests = 0;
  #isListening = false;
  #hasExited = false;
  /** How often in a row it was asked whether it is there, and gave no answer. */
  silences = 0;
  /** What it said last. */
  lastReport: WorkerReport | undefined;

  /** `inherited` are file descriptors that it has as 4, 5 and so on. */
  constructor(
    [program, ...args]: readonly [string, ...string[]],
    inherited: readonly number[],
    onMessage: (message: FromWorker) => void,
  ) {
    this.#onMessage = onMessage;
    // What systemd said was said to the primary.
    const { NOTIFY_SOCKET: _, LISTEN_FDS: __, LISTEN_PID: ___, WATCHDOG_USEC: ____, ...env } = process.env;
    this.#child = spawn(program, args, {
      env,
      stdio: ["ignore", "inherit", "inherit", "ipc", ...inherited],
    });
    this.#listening.promise.catch(() => undefined);
    this.#child.on("message", (message: FromWorker) => this.#received(message));
    this.#child.on("error", (error) => this.#failed(error));
    this.#child.on("exit", (code, signal) => this.#exited({ code, signal }));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Whether there ever was such a process. */
  get wasStarted(): boolean {
    return this.#child.pid !== undefined;
  }

  get isListening(): boolean {
    return this.#isListening;
  }

  /** Resolves when it accepts connections; rejects with why it does not. */
  get listening(): Promise<readonly ServerAddress[]> {
    return this.#listening.promise;
  }

  get ended(): Promise<WorkerEnd> {
    return this.#ended.promise;
  }

  send(message: ToWorker): void {
    // A worker that is going away gets no message; that it is gone is noticed by itself.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  /** What it counted; undefined when it does not answer within two seconds. */
  async report(): Promise<WorkerReport | undefined> {
    const answer = await this.#ask("report");
    return answer?.type === "report" ? answer.report : undefined;
  }

  /** One whose event loop stands still does not answer within two seconds. */
  async health(): Promise<Health> {
    const answer = await this.#ask("health");
    if (answer?.type === "health") return { awake: true, unready: answer.unready };
    return { awake: false, unready: `worker ${this.pid} does not answer` };
  }

  #ask(type: Answer["type"]): Promise<Answer | undefined> {
    const id = ++this.#requests;
    const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
    const late = new Deadline(ANSWER_MS, () => this.#answers.get(id)?.(undefined)).unref();
    this.#answers.set(id, (answer) => {
      late[Symbol.dispose]();
      this.#answers.delete(id);
      resolve(answer);
    });
    this.send({ type, id });
    return promise;
  }

  /** Asks whether it can take over a configuration, and rejects if not. One that ends will not have to. */
  async prepare(config: GatewayConfig): Promise<PreparedWorker> {
    const id = ++this.#requests;
    const abandon = (): void => this.send({ type: "abandon", id });
    const error = await this.#step(id, { type: "prepare", id, config: toConfigMessage(config) });
    if (error !== null) {
      abandon();
      throw error;
    }
    const commit = async (): Promise<void> => void (await this.#step(id, { type: "commit", id }));
    return { commit, abandon };
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** What it answers; null when it is gone. */
  async #step(id: number, message: ToWorker): Promise<Error | null> {
    if (this.#hasExited) return null;
    const { promise, resolve } = Promise.withResolvers<Error | null>();
    const silent = new Error(`worker ${this.pid} does not answer`);
    using _late = new Deadline(RELOAD_MS, () => resolve(silent)).unref();
    this.#reloads.set(id, resolve);
    this.send(message);
    const error = await promise;
    this.#reloads.delete(id);
    return error;
  }

  #received(message: FromWorker): void {
    switch (message.type) {
      case "listening":
        this.#isListening = true;
        this.#listening.resolve(message.addresses);
        break;
      case "failed":
        this.#listening.reject(toError(message.error));
        break;
      case "prepared":
        this.#reloads.get(message.id)?.(message.error && toError(message.error));
        break;
      case "committed":
        this.#reloads.get(message.id)?.(null);
        break;
      case "report":
        this.lastReport = message.report;
        this.#answers.get(message.id)?.(message);
        break;
      case "health":
        this.#answers.get(message.id)?.(message);
        break;
      default:
        this.#onMessage(message);
    }
  }

  /** What could not be started never exits. */
  #failed(error: Error): void {
    this.#listening.reject(error);
    if (!this.wasStarted) this.#exited({ code: null, signal: null });
  }

  #exited(end: WorkerEnd): void {
    this.#isListening = false;
    this.#hasExited = true;
    for (const answer of this.#reloads.values()) answer(null);
    for (const answer of this.#answers.values()) answer(undefined);
    this.#listening.reject(new Error(`the worker ended with ${end.signal ?? end.code}`));
    this.#ended.resolve(end);
  }
}

function toError({ code, hint, remedies, message }: WorkerError): HandclaspError {
  return new HandclaspError(code as ErrorCode, message, { remedies, ...(hint !== undefined && { hint }) });
}
