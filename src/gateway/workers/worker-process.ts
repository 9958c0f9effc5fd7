import { type ChildProcess, spawn } from "node:child_process";
import type { ServerAddress } from "../../client/server-address.ts";
import { HandclaspError, type ErrorCode } from "../../errors.ts";
import type { GatewayConfig } from "../config/config.ts";
import type { FromWorker, Health, ToWorker, WorkerError, WorkerReport } from "./worker-message.ts";

/** How a worker ended. */
export interface WorkerEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const ANSWER_MS = 2000;
/** A worker that is just being started answers when it is. */
const RELOAD_MS = 20_000;

type Answer = Extract<FromWorker, { readonly type: "report" | "health" }>;

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
    this.#child.on("error", (error) => this.#listening.reject(error));
    this.#child.on("exit", (code, signal) => this.#exited({ code, signal }));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
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
    const late = setTimeout(() => this.#answers.get(id)?.(undefined), ANSWER_MS).unref();
    this.#answers.set(id, (answer) => {
      clearTimeout(late);
      this.#answers.delete(id);
      resolve(answer);
    });
    this.send({ type, id });
    return promise;
  }

  /** Has it take over a configuration. Rejects when it does not; one that ends will not have to. */
  async reload(config: GatewayConfig): Promise<void> {
    const id = ++this.#requests;
    const { promise, resolve } = Promise.withResolvers<Error | null>();
    const late = setTimeout(
      () => resolve(new Error(`worker ${this.pid} does not answer`)),
      RELOAD_MS,
    ).unref();
    this.#reloads.set(id, resolve);
    this.send({ type: "reload", id, config });
    const error = this.#hasExited ? null : await promise;
    clearTimeout(late);
    this.#reloads.delete(id);
    if (error !== null) throw error;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
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
      case "reloaded":
        this.#reloads.get(message.id)?.(message.error && toError(message.error));
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

  #exited(end: WorkerEnd): void {
    this.#isListening = false;
    this.#hasExited = true;
    for (const answer of this.#reloads.values()) answer(null);
    for (const answer of this.#answers.values()) answer(undefined);
    this.#listening.reject(new Error(`the worker ended with ${end.signal ?? end.code}`));
    this.#ended.resolve(end);
  }
}

function toError({ code, hint, message }: WorkerError): HandclaspError {
  return new HandclaspError(code as ErrorCode, message, hint === undefined ? {} : { hint });
}
