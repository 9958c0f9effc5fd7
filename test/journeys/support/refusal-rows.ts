import assert from "node:assert/strict";
import { copyFileSync, renameSync } from "node:fs";
import { Home, type RunningServer, startServe } from "../../cli/support/serve.ts";
import { byOpenssl, type Credentials, fresh, misdated, type KnownCredentials } from "./certificates.ts";
import { stackOf, type TlsVersion } from "./stacks.ts";

const DAY_MS = 24 * 3600 * 1000;

/** What clients are refused for, and by which server. */
export interface Row {
  readonly what: string;
  readonly reason: string;
  readonly alert: Readonly<Record<TlsVersion, number>>;
  readonly server: ServerName;
  /** Called once; all stacks show the same. */
  readonly shown: (stage: Stage) => Promise<Credentials | undefined>;
  readonly weak?: boolean;
  /** Stacks that cannot send such a thing, and what they say instead. */
  readonly unable?: Readonly<Record<string, RegExp>>;
}

/** `accept` demands certificates; the store of `broken` was replaced by a copy while it runs. */
export type ServerName = "accept" | "refuse" | "ask" | "broken";

/** Servers that refuse clients for every reason there is. */
export class Stage implements AsyncDisposable {
  /** Of the server that accepts first use; files are kept there, too. */
  readonly home: Home = new Home();
  readonly #homes: Home[] = [];
  readonly #servers = new Map<ServerName, RunningServer>();
  readonly #shown = new Map<Row, Promise<Credentials | undefined>>();

  static async open(): Promise<Stage> {
    const stage = new Stage();
    await stage.#start("accept", stage.home, "--client-certificate", "required");
    await stage.#start("refuse", new Home(), "--first-use", "refuse");
    await stage.#start("ask", new Home(), "--first-use", "ask");
    const home = new Home();
    await stage.#start("broken", home);
    copyFileSync(home.store, `${home.store}.copy`);
    renameSync(`${home.store}.copy`, home.store);
    return stage;
  }

  server(name: ServerName): RunningServer {
    const server = this.#servers.get(name);
    assert.ok(server);
    return server;
  }

  shownFor(row: Row): Promise<Credentials | undefined> {
    const shown = this.#shown.get(row) ?? row.shown(this);
    this.#shown.set(row, shown);
    return shown;
  }

  /** Runs a verb of `trust` on the store of the server that accepts first use. */
  async trust(...args: readonly string[]): Promise<void> {
    const { code, stderr } = await this.home.run(["trust", ...args]);
    assert.equal(code, 0, stderr);
  }

  /** Shows them to the server that accepts first use; says whether they were greeted, once the log has it. */
  async meet(who: KnownCredentials): Promise<boolean> {
    const server = this.server("accept");
    const { greeted } = await stackOf("node", "TLSv1.3").connect(server.port, who);
    await server.logged(({ pin }) => pin === who.pin);
    return greeted;
  }

  /** Someone who was let in once. */
  async known(name: string): Promise<KnownCredentials> {
    const who = await fresh(this.home, name);
    assert.equal(await this.meet(who), true);
    return who;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers.values()) await server.stop();
    for (const home of this.#homes) home[Symbol.dispose]();
  }

  async #start(name: ServerName, home: Home, ...args: readonly string[]): Promise<void> {
    this.#homes.push(home);
    this.#servers.set(name, await startServe(home, args));
  }
}

const both = (number: number): Row["alert"] => ({ "TLSv1.3": number, "TLSv1.2": number });

/** DESIGN §5, row by row. `token-invalid` has no tokens to be invalid yet; `rate-limited` needs a flood. */
export const ROWS: readonly Row[] = [
  {
    what: "no certificate",
    reason: "no-certificate",
    alert: { "TLSv1.3": 116, "TLSv1.2": 40 },
    server: "accept",
    shown: () => Promise.resolve(undefined),
  },
  {
    what: "a name with a line break",
    reason: "malformed-certificate",
    alert: both(42),
    server: "accept",
    shown: ({ home }) => fresh(home, "ada\nroot"),
  },
  {
    what: "a date in the thirteenth month",
    reason: "malformed-certificate",
    alert: both(42),
    server: "accept",
    shown: ({ home }) => misdated(home, "ada"),
    unable: { gnutls: /Error in the time fields of certificate/ },
  },
  {
    what: "an RSA key of 1024 bits",
    reason: "unsupported-key",
    alert: both(43),
    server: "accept",
    shown: ({ home }) => byOpenssl(home, "/CN=small", { newKey: "rsa:1024" }),
    weak: true,
  },
  {
    what: "a certificate of more than 48 KiB",
    reason: "unsupported-key",
    alert: both(43),
    server: "accept",
    shown: ({ home }) =>
      byOpenssl(home, "/CN=large", { flags: ["-addext", `nsComment=${"x".repeat(50_000)}`] }),
  },
  {
    what: "a revoked key",
    reason: "revoked",
    alert: both(44),
    server: "accept",
    shown: async (stage) => {
      const who = await stage.known("rita");
      await stage.trust("revoke", "rita");
      return who;
    },
  },
  {
    what: "a key that was replaced by another",
    reason: "retired",
    alert: both(44),
    server: "accept",
    shown: async (stage) => {
      const old = await stage.known("otto");
      const next = await fresh(stage.home, "otto");
      await stage.meet(next);
      await stage.trust("approve", next.pin, "--replace");
      return old;
    },
  },
  {
    what: "a certificate that has expired",
    reason: "expired",
    alert: both(45),
    server: "accept",
    shown: ({ home }) => fresh(home, "olga", { now: new Date(Date.now() - 9 * DAY_MS), days: 1 }),
  },
  {
    what: "a certificate of the day after tomorrow",
    reason: "not-yet-valid",
    alert: both(45),
    server: "accept",
    shown: ({ home }) => fresh(home, "eva", { now: new Date(Date.now() + 2 * DAY_MS) }),
  },
  {
    what: "another key under a bound name",
    reason: "key-changed",
    alert: both(46),
    server: "accept",
    shown: async (stage) => {
      await stage.known("nora");
      return await fresh(stage.home, "nora");
    },
  },
  {
    what: "a known key under another name",
    reason: "name-changed",
    alert: both(46),
    server: "accept",
    shown: async (stage) => {
      const { keyFile } = await stage.known("kurt");
      return await byOpenssl(stage.home, "/CN=admin", { keyFile });
    },
  },
  {
    what: "a stranger where none are met",
    reason: "unknown",
    alert: both(48),
    server: "refuse",
    shown: ({ home }) => fresh(home, "stranger"),
  },
  {
    what: "a key that waits for review",
    reason: "pending",
    alert: both(49),
    server: "ask",
    shown: ({ home }) => fresh(home, "paul"),
  },
  {
    what: "an ignored key",
    reason: "ignored",
    alert: both(49),
    server: "accept",
    shown: async (stage) => {
      const who = await stage.known("igor");
      await stage.trust("ignore", "igor");
      return who;
    },
  },
  {
    what: "anybody while another file lies where the store was",
    reason: "store-unavailable",
    alert: both(80),
    server: "broken",
    shown: ({ home }) => fresh(home, "anybody"),
  },
];
