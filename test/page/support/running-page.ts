import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { openStore } from "../../../src/store/open-store.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { Home, MAIN } from "../../cli/support/serve.ts";
import { SceneWriter } from "./scene/scene-writer.ts";
import { WatchedPage } from "./watched-page.ts";

/** Signs in by the link again and again, for as many pages as a test wants. */
const KEEP_SECRET = (secret: string): string =>
  `sessionStorage.setItem("handclasp-session", ${JSON.stringify(secret)})`;

export interface StartOptions {
  /** Names another store than the usual one. */
  readonly urlOf?: (home: Home) => string;
  /** For a server that falls and rises: nobody else has that port in between. */
  readonly port?: number;
  /** Not where a test uses the link that was printed. */
  readonly isSignedIn?: boolean;
}

/** `handclasp ui` over a store with something in it. The store is open here, too: what a test does to it another process did. */
export class RunningPage implements AsyncDisposable {
  readonly home: Home;
  readonly store: TrustStore;
  readonly scene: SceneWriter;
  #server: Server;
  #secret: string | undefined;

  private constructor(home: Home, store: TrustStore, scene: SceneWriter, server: Server) {
    this.home = home;
    this.store = store;
    this.scene = scene;
    this.#server = server;
  }

  static async start(
    fill: (scene: SceneWriter) => Promise<unknown> = nothing,
    { urlOf = ({ store }) => store, port = 0, isSignedIn = true }: StartOptions = {},
  ): Promise<RunningPage> {
    const home = new Home();
    const url = urlOf(home);
    const store = openStore(url, { process: "gateway 812" });
    const scene = new SceneWriter(store);
    await fill(scene);
    const running = new RunningPage(home, store, scene, await startUi(home, `127.0.0.1:${port}`, url));
    // The link is good for a minute, in which a test may not come to its first page.
    if (isSignedIn) running.#secret = await running.#signIn();
    return running;
  }

  /** `http://127.0.0.1:PORT`. */
  get origin(): string {
    return this.#server.origin;
  }

  /** What was printed for the operator: good for one use, within a minute. */
  get link(): string {
    return this.#server.link;
  }

  /** A page of its own that shows `path`, signed in as whoever runs the server. */
  async open(
    browser: Browser,
    path: string = "/",
    options: BrowserContextOptions = {},
  ): Promise<WatchedPage> {
    this.#secret ??= await this.#signIn();
    const watched = await WatchedPage.open(browser, options);
    await watched.page.addInitScript({ content: KEEP_SECRET(this.#secret) });
    await watched.page.goto(`${this.origin}${path}`);
    await watched.page.getByRole("heading", { level: 1 }).waitFor();
    return watched;
  }

  /** Another tab of the same browser. */
  async openBeside(watched: WatchedPage, path: string = "/"): Promise<WatchedPage> {
    this.#secret ??= await this.#signIn();
    const beside = await watched.openBeside();
    await beside.page.addInitScript({ content: KEEP_SECRET(this.#secret) });
    await beside.page.goto(`${this.origin}${path}`);
    return beside;
  }

  /** Asks the API as whoever runs the server. */
  async request(path: string, init: RequestInit = {}): Promise<Response> {
    this.#secret ??= await this.#signIn();
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${this.#secret}`);
    headers.set("origin", this.origin);
    return fetch(`${this.origin}${path}`, { ...init, headers });
  }

  /** Ends the server as if it fell; pages stay open. */
  async fall(): Promise<void> {
    await end(this.#server.child, "SIGKILL");
  }

  /** Starts it again where it was. */
  async rise(): Promise<void> {
    this.#server = await startUi(this.home, new URL(this.origin).host, this.store.url);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await end(this.#server.child, "SIGTERM");
    await this.store.close();
    this.home[Symbol.dispose]();
  }

  async #signIn(): Promise<string> {
    const link = new URL(this.link).hash.slice("#k=".length);
    const response = await fetch(`${this.origin}/v1/session`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: this.origin },
      body: JSON.stringify({ link }),
    });
    const { secret } = (await response.json()) as { readonly secret?: string };
    if (secret === undefined) throw new Error(`signing in was answered with ${response.status}`);
    return secret;
  }
}

interface Server {
  readonly child: ChildProcess;
  readonly origin: string;
  readonly link: string;
}

async function startUi(home: Home, listen: string, url: string): Promise<Server> {
  const child = spawn(process.execPath, [MAIN, "ui", "--store", url, "--listen", listen, "--no-open"], {
    env: home.environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines = createInterface({ input: child.stdout });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const exit = once(child, "exit").then(([code]) => {
    throw new Error(`ui ended with ${String(code)}: ${said}`);
  });
  const [link] = (await Promise.race([once(lines, "line"), exit])) as [string];
  exit.catch(() => undefined);
  return { child, link, origin: new URL(link).origin };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
}

const nothing = async (): Promise<void> => undefined;
