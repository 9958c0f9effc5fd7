import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { Authorizer } from "../../../../src/authorizer/authorizer.ts";
import { HaproxyPush } from "../../../../src/authorizer/push/haproxy/haproxy-push.ts";
import { RuntimeApi } from "../../../../src/authorizer/push/haproxy/runtime-api.ts";
import { AUTHORIZER } from "../../../../src/trust/records/sighting.ts";
import { Operator } from "../../../../src/operator/operator.ts";
import { openMemoryStore } from "../../../../src/store/sqlite/memory-store.ts";
import { Happenings } from "../../../../src/trust/happenings/happenings.ts";
import type { PushHappening } from "../../../../src/trust/happenings/push-happening.ts";
import type { TrustStore } from "../../../../src/trust/port/trust-store.ts";
import { Trust } from "../../../../src/trust/trust.ts";
import { Home } from "../../../cli/support/serve.ts";
import { identity, type TestIdentity } from "../../../guard/support/identities.ts";
import { reachable } from "../../../journeys/support/gateway.ts";
import { type Application, openApplication } from "../../../proxies/support/application.ts";
import { HAPROXY_PROGRAM, mapOf, placeHaproxy, socketOf } from "../../../proxies/support/haproxy.ts";
import { ask, type Answer } from "../../../proxies/support/proxy-client.ts";
import { until } from "../../../proxies/support/until.ts";
import { PATIENCE_MS } from "../../../support/patience.ts";
import { freePort } from "../../../support/free-port.ts";

const LATE = "did not answer within";

export interface PushSceneOptions {
  /** Changes what is in HAProxy's configuration. */
  readonly configure?: (text: string) => string;
  /** Where the runtime API is reached, if not by HAProxy's own socket. */
  readonly socket?: string;
}

/** HAProxy of examples/proxies in front of an application, and in this process whoever keeps its map. */
export class PushScene implements AsyncDisposable {
  readonly home: Home = new Home();
  readonly store: TrustStore = openMemoryStore();
  readonly operator: Operator = new Operator(this.store, { user: null, process: "test", now: Date.now });
  readonly told: PushHappening[] = [];
  readonly port: number;
  readonly #options: PushSceneOptions;
  readonly #application: Application;
  readonly #own: TestIdentity;
  readonly #trust: Trust;
  readonly #authorizer: Authorizer;
  readonly #happenings = new Happenings();
  #push: HaproxyPush | undefined;
  #haproxy: ChildProcess | undefined;

  private constructor(port: number, own: TestIdentity, application: Application, options: PushSceneOptions) {
    this.port = port;
    this.#own = own;
    this.#application = application;
    this.#options = options;
    this.#trust = new Trust(this.store, { now: Date.now, process: "test" });
    this.#authorizer = new Authorizer(
      { trust: this.#trust, happenings: this.#happenings, isAble: () => true },
      { secret: undefined, ownPins: [] },
    );
    this.#happenings.subscribe(["push-in-step", "push-failed", "push-cut"], (happening) => {
      this.told.push(happening);
    });
    mkdirSync(this.#folder);
  }

  static async open(options: PushSceneOptions = {}): Promise<PushScene> {
    const port = await freePort();
    const scene = new PushScene(port, await identity("app.example"), await openApplication(), options);
    scene.#authorizer.server.listen(scene.home.path("authz.sock"));
    await once(scene.#authorizer.server, "listening");
    return scene;
  }

  /** HAProxy's process; with workers, the one that has them. */
  get haproxy(): ChildProcess {
    if (this.#haproxy === undefined) throw new Error("HAProxy is not running");
    return this.#haproxy;
  }

  async startHaproxy(...args: readonly string[]): Promise<void> {
    const { cert, key } = this.#own;
    const bundle = this.home.path("server-bundle.pem");
    writeFileSync(bundle, cert + key);
    const file = placeHaproxy(
      "haproxy.cfg",
      {
        folder: this.#folder,
        upstreamPort: this.#application.port,
        authorizerSocket: this.home.path("authz.sock"),
        certs: { cert: bundle, key: bundle, bundle },
      },
      this.port,
      this.#options.configure,
    );
    this.#haproxy = spawn(HAPROXY_PROGRAM, [...args, "-db", "-f", file], { stdio: "ignore" });
    await reachable(this.port);
  }

  async stopHaproxy(): Promise<void> {
    if (this.#haproxy === undefined) return;
    const ended = once(this.#haproxy, "close");
    this.#haproxy.kill("SIGKILL");
    await ended;
    this.#haproxy = undefined;
  }

  startPush(): void {
    this.#push = new HaproxyPush({
      socket: this.#options.socket ?? this.socket,
      map: this.map,
      trust: this.#trust,
      happenings: this.#happenings,
      listener: AUTHORIZER,
      now: Date.now,
    });
    this.#push.start();
  }

  async stopPush(): Promise<void> {
    await this.#push?.close();
    this.#push = undefined;
  }

  get socket(): string {
    return socketOf(this.#folder);
  }

  get map(): string {
    return mapOf(this.#folder);
  }

  /** What HAProxy answers a command, when it has time for that. */
  async runtime(command: string): Promise<string> {
    for (const end = performance.now() + PATIENCE_MS; ;) {
      try {
        return await this.#askRuntime(command);
      } catch (error) {
        const isSlow = error instanceof Error && error.message.includes(LATE);
        if (!isSlow || performance.now() > end) throw error;
      }
    }
  }

  async #askRuntime(command: string): Promise<string> {
    const api = await RuntimeApi.open(this.socket);
    try {
      return await api.ask(command);
    } finally {
      api.close();
    }
  }

  /** What is in HAProxy's map: whose certificate, by its fingerprint, and until when that is believed. */
  async entries(): Promise<ReadonlyMap<string, string>> {
    const lines = (await this.runtime(`show map ${this.map}`)).split("\n").filter((line) => line !== "");
    return new Map(
      lines.map((line) => {
        const [, fingerprint = "", value = ""] = line.split(" ");
        return [fingerprint, value];
      }),
    );
  }

  /** Waits until the map has these certificates and no others, and is believed. */
  async holds(...clients: readonly TestIdentity[]): Promise<void> {
    await until(() => this.isHolding(...clients), `the map holds ${clients.length} certificates`);
  }

  async isHolding(...clients: readonly TestIdentity[]): Promise<boolean> {
    const entries = await this.entries();
    const isBelieved = Number(entries.get("until")) > Date.now();
    const held = [...entries.keys()].filter((each) => each !== "until").toSorted();
    return isBelieved && held.join() === clients.map(entryOf).toSorted().join();
  }

  /** Waits until it is said that HAProxy could not be told; what is said then. */
  async failure(): Promise<string> {
    let said: string | undefined;
    await until(async () => {
      const failed = this.told.find((each) => each.type === "push-failed");
      said = failed?.error.message;
      return said !== undefined;
    }, "it is said that HAProxy could not be told");
    return said ?? "";
  }

  /** Waits until it is said that HAProxy's map is in step; what is said then. */
  async inStep(): Promise<PushHappening | undefined> {
    let said: PushHappening | undefined;
    await until(async () => {
      said = this.told.find(({ type }) => type === "push-in-step");
      return said !== undefined;
    }, "it is said that the map is in step");
    return said;
  }

  /** Why HAProxy could not be told, but for that it or this machine was slow. */
  get problems(): readonly string[] {
    const problems = this.told.flatMap((each) => (each.type === "push-failed" ? [each.error.message] : []));
    return problems.filter((problem) => !problem.includes(LATE));
  }

  /** A new client whom the operator let in. */
  async known(name: string): Promise<TestIdentity> {
    const client = await identity(name);
    await this.operator.import(client.facts);
    return client;
  }

  ask(client?: TestIdentity): Promise<Answer> {
    return ask(this.port, client);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopPush();
    await this.stopHaproxy();
    this.#authorizer.server.closeAllConnections();
    this.#authorizer.server.close();
    await this.#application[Symbol.asyncDispose]();
    await this.#trust[Symbol.asyncDispose]();
    await this.store.close();
    this.home[Symbol.dispose]();
  }

  get #folder(): string {
    return this.home.path("proxy");
  }
}

/** HAProxy and whoever keeps its map, both started. */
export async function startScene(options: PushSceneOptions = {}): Promise<PushScene> {
  const scene = await PushScene.open(options);
  await scene.startHaproxy();
  scene.startPush();
  return scene;
}

/** How HAProxy writes a certificate's fingerprint. */
export function entryOf({ facts }: Pick<TestIdentity, "facts">): string {
  return facts.fingerprint.toUpperCase();
}
