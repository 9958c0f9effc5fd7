import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, it } from "node:test";
import { Home, MAIN, until } from "../cli/support/serve.ts";
import { connectPostgres } from "../store/postgres/support/open-pool.ts";
import { PostgresServer, postgresPrograms } from "../store/postgres/support/postgres-server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { reachable } from "./support/gateway.ts";
import { comparable, Shell, type Step, stepsOf } from "./support/walk-through.ts";
import { freePort } from "../support/free-port.ts";
import { FILE_PATIENCE_MS, PATIENCE_MS } from "../support/patience.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const PAGE = readFileSync(join(ROOT, "docs/guide/many-machines.md"), "utf8");
const EXAMPLES = join(ROOT, "examples/many-machines");
const HAPROXY = "/usr/sbin/haproxy";
const [programs] = postgresPrograms();
assert.ok(programs, "no PostgreSQL was found, though npm installs one");

/** Ports of the page; each run has others. */
const PORTS = ["5499", "8080", "8441", "8442", "8444", "8443", "9441", "9442", "9444", "7443"] as const;

/** What changes nothing. */
const LOOKS = /^(?:handclasp (?:store nodes|trust list)|grep|curl) /;

/** What has happened at the machine b once a while is over. */
const AWAITED: Readonly<Record<string, string>> = {
  "sleep 2": "changes-wait",
  "sleep 4": "changes-appended",
};

/** The page's commands, run one by one: those of PostgreSQL by a server that the tests start. */
class WalkThrough implements AsyncDisposable {
  readonly #folder = temporaryFolder();
  readonly #ports: ReadonlyMap<string, string>;
  readonly #postgres: PostgresServer;
  readonly #shell: Shell;
  #isStopped = false;

  static async begin(): Promise<WalkThrough> {
    assert.ok(programs);
    const postgres = await PostgresServer.open(programs);
    const ports = new Map<string, string>([["5499", String(postgres.port)]]);
    for (const port of PORTS.slice(1)) ports.set(port, String(await freePort()));
    return new WalkThrough(postgres, ports);
  }

  private constructor(postgres: PostgresServer, ports: ReadonlyMap<string, string>) {
    this.#postgres = postgres;
    this.#ports = ports;
    cpSync(EXAMPLES, this.#folder, { recursive: true });
    const config = join(this.#folder, "haproxy.cfg");
    writeFileSync(config, this.#here(readFileSync(config, "utf8")));
    const bin = join(this.#folder, "handclasp");
    writeFileSync(bin, `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`, { mode: 0o755 });
    const { HANDCLASP_STORE: _, ...inherited } = process.env;
    this.#shell = new Shell(this.#folder, {
      ...inherited,
      PATH: `${this.#folder}:/usr/sbin:${process.env["PATH"]}`,
      XDG_DATA_HOME: join(this.#folder, "client"),
      NO_COLOR: "1",
    });
  }

  /** What a command of the page prints here, in the page's words; what only looks looks again until it sees what the page says. */
  async run(step: Step): Promise<string> {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      const said = await this.#run(step);
      const isAsSaid = comparable(said) === comparable(step.output);
      if (isAsSaid || !LOOKS.test(step.command) || performance.now() > end) return said;
    }
  }

  async #run({ command }: Step): Promise<string> {
    if (command.startsWith("initdb ")) return "";
    if (command.startsWith("pg_ctl ")) return this.#control(command);
    if (command.startsWith("psql ")) return this.#makeRoles();
    const said = await this.#shell.run(this.#here(command));
    if (command.startsWith("haproxy ")) await reachable(Number(this.#ports.get("8443")));
    if (command.startsWith("node ")) await reachable(Number(this.#ports.get("8080")));
    if (command.startsWith("sleep ")) await this.#untilTold(command);
    return this.#asOnPage(said);
  }

  /** How far each machine is, once all are equally far. */
  async standings(): Promise<readonly unknown[]> {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      const said = await this.#shell.run('handclasp store nodes --json --store "$(at a)"');
      const { nodes } = JSON.parse(said) as { nodes: { position: number; head: unknown; digest: string }[] };
      const standings = nodes.map(({ position, head, digest }) => ({ position, head, digest }));
      if (new Set(nodes.map(({ position }) => position)).size === 1 || performance.now() > end)
        return standings;
    }
  }

  /** What the page's server says of the machine that it runs on. */
  async shownByPage(): Promise<unknown> {
    await reachable(Number(this.#ports.get("7443")));
    const link = new URL((await this.#shell.run("until [ -s link ]; do sleep 0.1; done; cat link")).trim());
    const { origin } = link;
    const signedIn = await fetch(`${origin}/v1/session`, {
      method: "POST",
      headers: { "content-type": "application/json", origin },
      body: JSON.stringify({ link: link.hash.slice("#k=".length) }),
    });
    const { secret } = (await signedIn.json()) as { readonly secret: string };
    const headers = { authorization: `Bearer ${secret}` };
    const end = performance.now() + PATIENCE_MS;
    let replication: Readonly<Record<string, unknown>> = {};
    while (replication["database"] !== "reached" && performance.now() < end) {
      const health = await fetch(`${origin}/v1/health`, { headers });
      ({ replication } = (await health.json()) as { readonly replication: Record<string, unknown> });
    }
    return { machine: replication["node"], database: replication["database"], stale: replication["stale"] };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#shell[Symbol.asyncDispose]();
    await this.#postgres[Symbol.asyncDispose]();
  }

  async #control(command: string): Promise<string> {
    const isStopped = this.#isStopped;
    this.#isStopped = command.includes(" stop");
    if (this.#isStopped) await this.#postgres.stop();
    else if (isStopped) await this.#postgres.start();
    return "";
  }

  /** What the page's reader has happen by waiting. */
  async #untilTold(command: string): Promise<void> {
    const event = AWAITED[command];
    assert.ok(event, command);
    const log = join(this.#folder, "b", "log");
    await until(() => readFileSync(log, "utf8").includes(`"event":"${event}"`));
    if (event === "changes-appended") await this.standings();
  }

  /** By the driver: psql is not everywhere. */
  async #makeRoles(): Promise<string> {
    const [before = "", after = ""] = readFileSync(join(EXAMPLES, "roles.sql"), "utf8").split(
      /^\\connect .*$/m,
    );
    for (const [database, statements] of [
      ["postgres", before],
      ["handclasp", after],
    ] as const) {
      const sql = await connectPostgres(this.#postgres.url({ database }));
      const alone = statements
        .replaceAll(/^--.*$/gm, "")
        .split(";")
        .filter((text) => text.trim() !== "");
      for (const statement of alone) await sql.unsafe(statement);
      await sql.end();
    }
    return "";
  }

  #here(text: string): string {
    return text.replaceAll(/\b\d{4}\b/g, (port) => this.#ports.get(port) ?? port);
  }

  #asOnPage(text: string): string {
    const page = new Map(Array.from(this.#ports, ([port, here]) => [here, port]));
    return text.replaceAll(/\b\d{4,5}\b/g, (port) => page.get(port) ?? port);
  }
}

describe("the guide's configuration for real machines", () => {
  it("is one that a gateway takes, and looks for no database to say so", async () => {
    using home = new Home();
    const { code, stderr } = await home.run(["check-config", join(EXAMPLES, "gateway.toml")]);
    assert.equal(code, 0, stderr);
  });
});

describe(
  "the guide's walk-through of many machines",
  { skip: existsSync(HAPROXY) ? false : "HAProxy is not installed", timeout: FILE_PATIENCE_MS },
  () => {
    it("goes as the page says, command by command", async () => {
      const steps = stepsOf(PAGE);
      assert.ok(steps.length > 20, "the page has its commands");
      await using walk = await WalkThrough.begin();
      const differing: string[] = [];
      for (const step of steps) {
        const said = await walk.run(step);
        if (process.env["SHOW_TRANSCRIPT"] === "1") process.stdout.write(`$ ${step.command}\n${said}`);
        if (comparable(said) !== comparable(step.output))
          differing.push(`$ ${step.command}\n${said}--- instead of ---\n${step.output}\n`);
      }
      assert.deepEqual(differing, []);
      // Each machine says each second how far it is.
      const [standing, ...others] = await walk.standings();
      assert.equal(others.length, 2);
      for (const other of others) assert.deepEqual(other, standing);
      assert.deepEqual(await walk.shownByPage(), { machine: "a", database: "reached", stale: false });
    });
  },
);
