import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { type AddressInfo, createConnection, createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { describe, it } from "node:test";
import { identity, type TestIdentity } from "../guard/support/identities.ts";
import { connectOnce } from "../guard/support/node-client.ts";
import { openUpstream } from "../gateway/support/upstream.ts";
import { Home, MAIN, until } from "./support/serve.ts";
import { freePort } from "../support/free-port.ts";
import { FILE_PATIENCE_MS, PATIENCE_MS } from "../support/patience.ts";

interface Told {
  readonly pid?: number;
  readonly port?: number;
  readonly notify?: string;
  readonly exit?: number;
}

/** A program under a service manager. */
class Service implements AsyncDisposable {
  readonly told: Told[] = [];
  /** How many it logged. */
  reloads = 0;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #exit: Promise<unknown>;
  #wake = Promise.withResolvers<void>();

  constructor(home: Home, watchdogMicros: number, args: readonly string[], sockets = 1) {
    const script = join(import.meta.dirname, "support/play-systemd.py");
    const program = [process.execPath, MAIN, ...args];
    this.#child = spawn("python3", [script, String(watchdogMicros), String(sockets), ...program], {
      env: home.environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    createInterface({ input: this.#child.stderr }).on("line", (line) => {
      if (line.includes('"event":"reloaded"')) this.reloads += 1;
    });
    this.#exit = once(this.#child, "close");
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      this.told.push(JSON.parse(line) as Told);
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
    });
  }

  async tells(fits: (told: Told) => boolean): Promise<Told> {
    for (;;) {
      const found = this.told.find(fits);
      if (found !== undefined) return found;
      await this.#wake.promise;
    }
  }

  /** Has it read its configuration again, and waits until it says that it has. */
  async reload(): Promise<void> {
    const { pid = 0 } = await this.tells((told) => told.pid !== undefined);
    const { reloads } = this;
    process.kill(pid, "SIGHUP");
    await until(() => this.reloads > reloads);
  }

  stop(): void {
    this.#child.kill("SIGTERM");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    await this.#exit;
  }
}

function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.split(" ").filter(Boolean).map(Number);
}

function commandOf(pid: number): string {
  return existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, "utf8") : "";
}

/** A listener as the file of a configuration has it. */
function listenerTo(name: string, listen: string, to: number): string {
  return `[[listener]]\nname = "${name}"\nlisten = "${listen}"\nto = "127.0.0.1:${to}"\nfirst_use = "accept"\n`;
}

/** What all of a dozen clients come to. */
async function visits(who: TestIdentity, port: number): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  for (let tries = 0; tries < 12; tries++) {
    const { received, error } = await connectOnce({ identity: who, port });
    seen.add(error === null ? received : "");
  }
  return seen;
}

/** A reload takes effect at some time. */
async function comesTo(who: TestIdentity, port: number, said: string): Promise<void> {
  const since = performance.now();
  for (;;) {
    const seen = await visits(who, port);
    if (seen.size === 1 && seen.has(said)) return;
    assert.ok(performance.now() - since < PATIENCE_MS, `${port} says ${[...seen].join()} and not ${said}`);
  }
}

const hasNotify = spawnSync("systemd-notify", ["--version"]).status === 0;
const skip = hasNotify ? false : "systemd-notify is not installed";

describe("a gateway under systemd", { timeout: FILE_PATIENCE_MS, skip }, async () => {
  const ada = await identity("ada");

  for (const workers of ["1", "2"]) {
    it(`takes the socket it is passed, says when it is ready and when it stops, with ${workers} workers`, async () => {
      using home = new Home();
      const upstream = createServer((socket) => socket.end("hello")).listen(0, "127.0.0.1");
      await once(upstream, "listening");
      const to = `127.0.0.1:${(upstream.address() as AddressInfo).port}`;
      await using service = new Service(home, 200_000, [
        "gateway",
        `--to=${to}`,
        "--first-use=accept",
        `--workers=${workers}`,
        "--drain-timeout=1s",
      ]);
      const { port = 0 } = await service.tells((told) => told.port !== undefined);
      // It is open already: whoever comes early waits.
      const early = connectOnce({ identity: ada, port });
      await service.tells(({ notify }) => notify === "READY=1");
      assert.equal((await early).received, "hello");
      await service.tells(({ notify }) => notify === "WATCHDOG=1");
      service.stop();
      await service.tells(({ notify }) => notify === "STOPPING=1");
      assert.deepEqual(await service.tells(({ exit }) => exit !== undefined), { exit: 0 });
      upstream.close();
    });
  }

  it("keeps the watchdog quiet while the store is gone and says so, but not when no worker moves", async () => {
    using home = new Home();
    const port = await freePort();
    const flags = ["--workers=2", `--metrics=127.0.0.1:${port}`];
    await using service = new Service(home, 200_000, ["gateway", "--to=127.0.0.1:1", ...flags]);
    await service.tells(({ notify }) => notify === "STATUS=ready");
    renameSync(home.store, home.path("elsewhere.db"));
    const gone = await service.tells(({ notify }) => notify?.startsWith("STATUS=the trust store") === true);
    assert.match(String(gone.notify), /was removed/);
    const fed = (): number => service.told.filter(({ notify }) => notify === "WATCHDOG=1").length;
    const before = fed();
    await until(() => fed() > before + 3);
    const { pid = 0 } = await service.tells((told) => told.pid !== undefined);
    const workers = childrenOf(pid).filter((child) => commandOf(child).includes("--worker"));
    for (const worker of workers) process.kill(worker, "SIGSTOP");
    const ready = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/readyz`)).text();
    // It takes two seconds to be sure that nobody answers, ten times what the watchdog waits: what was fed before has come by then.
    assert.equal(await ready(), "no worker answers\n");
    const atStop = fed();
    assert.equal(await ready(), "no worker answers\n");
    assert.equal(fed(), atStop);
    for (const worker of workers) process.kill(worker, "SIGCONT");
    await until(() => fed() > atStop + 3);
  });

  for (const workers of [1, 2]) {
    describe(`with ${workers} workers`, () => {
      const head = `workers = ${workers}\n`;

      it("stays at the socket it was passed, whatever a reload says about the address", async () => {
        using home = new Home();
        await using one = await openUpstream((socket) => socket.end("one"));
        await using other = await openUpstream((socket) => socket.end("other"));
        const file = home.path("gateway.toml");
        writeFileSync(file, head + listenerTo("main", "127.0.0.1:1", one.port));
        await using service = new Service(home, 0, ["gateway", "--config", file]);
        await service.tells(({ notify }) => notify === "READY=1");
        const { port = 0 } = await service.tells((told) => told.port !== undefined);
        assert.deepEqual(await visits(ada, port), new Set(["one"]));
        const elsewhere = await freePort();
        for (const [at, to, said] of [
          [`127.0.0.1:${elsewhere}`, other.port, "other"],
          [`127.0.0.1:${port}`, one.port, "one"],
        ] as const) {
          writeFileSync(file, head + listenerTo("main", at, to));
          await service.reload();
          await comesTo(ada, port, said);
          await assert.rejects(once(createConnection(elsewhere, "127.0.0.1"), "connect"));
        }
      });

      it("turns clients of a listener that is gone away, and has its socket again when it comes back", async () => {
        using home = new Home();
        await using upstream = await openUpstream((socket) => socket.end("hello"));
        const file = home.path("gateway.toml");
        const first = listenerTo("first", "127.0.0.1:1", upstream.port);
        const second = listenerTo("second", "127.0.0.1:2", upstream.port);
        writeFileSync(file, head + first + second);
        await using service = new Service(home, 0, ["gateway", "--config", file], 2);
        await service.tells(({ notify }) => notify === "READY=1");
        const [one = 0, two = 0] = service.told.flatMap(({ port }) => port ?? []);
        for (const [text, said] of [
          [head + first, ""],
          [head + first + second, "hello"],
          [head + first, ""],
          [head + second + first, "hello"],
        ] as const) {
          writeFileSync(file, text);
          await service.reload();
          await comesTo(ada, two, said);
          await comesTo(ada, one, "hello");
        }
      });
    });
  }

  it("turns clients of a listener that is gone away when workers are there that never had it", async () => {
    using home = new Home();
    await using upstream = await openUpstream((socket) => socket.end("hello"));
    const file = home.path("gateway.toml");
    const first = listenerTo("first", "127.0.0.1:1", upstream.port);
    const second = listenerTo("second", "127.0.0.1:2", upstream.port);
    writeFileSync(file, `workers = 2\n${first}${second}`);
    await using service = new Service(home, 0, ["gateway", "--config", file], 2);
    await service.tells(({ notify }) => notify === "READY=1");
    const [one = 0, two = 0] = service.told.flatMap(({ port }) => port ?? []);
    const { pid = 0 } = await service.tells((told) => told.pid !== undefined);
    writeFileSync(file, `workers = 2\n${first}`);
    await service.reload();
    const before = childrenOf(pid);
    for (const worker of before) process.kill(worker, "SIGKILL");
    await until(() => childrenOf(pid).filter((worker) => !before.includes(worker)).length === 2);
    await comesTo(ada, one, "hello");
    await comesTo(ada, two, "");
    writeFileSync(file, `workers = 2\n${first}${second}`);
    await service.reload();
    await comesTo(ada, two, "hello");
  });

  it("keeps each socket with its listener when a reload changes their order and workers are replaced", async () => {
    using home = new Home();
    const upstream = createServer((socket) => socket.end("hello")).listen(0, "127.0.0.1");
    await once(upstream, "listening");
    const to = `127.0.0.1:${(upstream.address() as AddressInfo).port}`;
    const listener = (name: string, at: number, allow: string): string =>
      `[[listener]]\nname = "${name}"\nlisten = "127.0.0.1:${at}"\nto = "${to}"\nfirst_use = "accept"\n${allow}\n`;
    const all = listener("all", 1, "");
    const few = listener("few", 2, 'allow = ["bob"]');
    const file = home.path("gateway.toml");
    writeFileSync(file, `workers = 2\n${all}${few}`);
    await using service = new Service(home, 0, ["gateway", "--config", file], 2);
    await service.tells(({ notify }) => notify === "READY=1");
    const [open = 0, closed = 0] = service.told.flatMap(({ port }) => port ?? []);
    const { pid = 0 } = await service.tells((told) => told.pid !== undefined);
    assert.equal((await connectOnce({ identity: ada, port: open })).received, "hello");
    assert.equal((await connectOnce({ identity: ada, port: closed })).alert, 49);
    writeFileSync(file, `workers = 2\n${few}${all}`);
    await service.reload();
    const before = childrenOf(pid);
    for (const worker of before) process.kill(worker, "SIGKILL");
    await until(() => childrenOf(pid).filter((worker) => !before.includes(worker)).length === 2);
    for (let tries = 0; tries < 12; tries++) {
      assert.equal((await connectOnce({ identity: ada, port: closed })).alert, 49);
      assert.equal((await connectOnce({ identity: ada, port: open })).received, "hello");
    }
    upstream.close();
  });
});
