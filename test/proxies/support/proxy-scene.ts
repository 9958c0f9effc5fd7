import { mkdirSync, writeFileSync } from "node:fs";
import { Home, type RunningServer, startServer } from "../../cli/support/serve.ts";
import { runHere } from "../../cli/support/run-here.ts";
import { printed, printedJson } from "../../cli/support/trust.ts";
import { identity, type TestIdentity } from "../../guard/support/identities.ts";
import { type Application, openApplication } from "./application.ts";
import type { ProxyUnderTest, RunningProxy } from "./proxy-under-test.ts";
import { until } from "./until.ts";

/** A proxy before an application, the authorizer that it asks, and the store behind that. */
export class ProxyScene implements AsyncDisposable {
  readonly home: Home = new Home();
  readonly proxy: ProxyUnderTest;
  /** The server's own identity, which the proxy shows. */
  readonly own: TestIdentity;
  readonly application: Application;
  #authorizer: RunningServer | undefined;
  #running: RunningProxy | undefined;

  private constructor(proxy: ProxyUnderTest, own: TestIdentity, application: Application) {
    this.proxy = proxy;
    this.own = own;
    this.application = application;
  }

  /** `upstreamPort` is of something else than the application. */
  static open(proxy: ProxyUnderTest, upstreamPort?: number): Promise<ProxyScene> {
    return ProxyScene.#open(proxy, upstreamPort, false);
  }

  /** Of a proxy that waits for the authorizer no longer than its example says. */
  static openHasty(proxy: ProxyUnderTest, upstreamPort?: number): Promise<ProxyScene> {
    return ProxyScene.#open(proxy, upstreamPort, true);
  }

  static async #open(
    proxy: ProxyUnderTest,
    upstreamPort: number | undefined,
    isHasty: boolean,
  ): Promise<ProxyScene> {
    const scene = new ProxyScene(proxy, await identity("app.example"), await openApplication());
    const { cert, key, bundle } = scene.#certs;
    writeFileSync(cert, scene.own.cert);
    writeFileSync(key, scene.own.key);
    writeFileSync(bundle, scene.own.cert + scene.own.key);
    const folder = scene.home.path("proxy");
    mkdirSync(folder);
    try {
      await scene.startAuthorizer();
      scene.#running = await proxy.start({
        folder,
        upstreamPort: upstreamPort ?? scene.application.port,
        authorizerSocket: scene.#socket,
        certs: scene.#certs,
        isHasty,
      });
      return scene;
    } catch (error) {
      await scene[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The proxy's, for TLS. */
  get port(): number {
    return this.#running?.port ?? 0;
  }

  get authorizer(): RunningServer {
    if (this.#authorizer === undefined) throw new Error("the authorizer is not running");
    return this.#authorizer;
  }

  async startAuthorizer(): Promise<void> {
    const { home, proxy } = this;
    this.#authorizer = await startServer(home, [
      "authorizer",
      "--listen",
      `unix:${this.#socket}`,
      "--server-cert",
      this.#certs.cert,
      "--log",
      "connections",
      ...(proxy.authorizerOptions?.(home.path("proxy")) ?? []),
    ]);
  }

  async stopAuthorizer(): Promise<void> {
    await this.#authorizer?.stop();
    this.#authorizer = undefined;
  }

  /** Runs a verb, which has to succeed; gives what it printed. */
  run(...args: readonly string[]): Promise<string> {
    return printed(this.home, ...args);
  }

  /** Approves who waits under a name, once that is written down. */
  async approve(name: string): Promise<void> {
    await until(async () => {
      const { code } = await runHere(this.home, ["trust", "approve", name, "--yes"]);
      return code === 0;
    }, `${name} waits`);
  }

  /** Waits until it is on record that this key, or a client without one, was refused for this. */
  async refused(reason: string, pin: string | null = null): Promise<void> {
    const args = ["refusals", "--reason", reason, "--json"];
    await until(async () => {
      const rows = await printedJson<readonly { pin: string | null; address: string | null }[]>(
        this.home,
        ...args,
      );
      return rows.some((row) => row.pin === pin && row.address === "127.0.0.1");
    }, `${reason} ${pin}`);
  }

  /** Waits until a proxy that is told of changes was told: then this is so. Others ask each time. */
  async heard(isSo: () => Promise<boolean | undefined>): Promise<void> {
    if (this.proxy.hears === "soon")
      await until(() => isSo().catch(notIfCut), `${this.proxy.name} heard of it`);
  }

  /** A client, a new one if it is not given, whom the operator let in. */
  async known(name: string, shown?: TestIdentity): Promise<TestIdentity> {
    const client = shown ?? (await identity(name));
    const file = this.home.path("known.pem");
    writeFileSync(file, client.cert);
    await this.run("trust", "add", file);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running?.stop();
    await this.stopAuthorizer();
    await this.application[Symbol.asyncDispose]();
    this.home[Symbol.dispose]();
  }

  get #socket(): string {
    return this.home.path("authz.sock");
  }

  get #certs(): { readonly cert: string; readonly key: string; readonly bundle: string } {
    const { home } = this;
    return {
      cert: home.path("server.pem"),
      key: home.path("server.key"),
      bundle: home.path("server-bundle.pem"),
    };
  }
}

/** A request that was under way when the proxy heard of it may be cut: that is no answer yet. */
function notIfCut(error: unknown): false {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ECONNRESET" || code === "ERR_HTTP2_STREAM_ERROR") return false;
  throw error;
}
