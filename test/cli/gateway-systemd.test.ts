import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { describe, it } from "node:test";
import { identity } from "../guard/support/identities.ts";
import { connectOnce } from "../guard/support/node-client.ts";
import { Home, MAIN } from "./support/serve.ts";

interface Told {
  readonly port?: number;
  readonly notify?: string;
  readonly exit?: number;
}

/** A program under a service manager. */
class Service implements AsyncDisposable {
  readonly told: Told[] = [];
  readonly #child: ChildProcessByStdio<null, Readable, null>;
  readonly #exit: Promise<unknown>;
  #wake = Promise.withResolvers<void>();

  constructor(home: Home, watchdogMicros: number, args: readonly string[]) {
    const script = join(import.meta.dirname, "support/play-systemd.py");
    const program = [process.execPath, MAIN, ...args];
    this.#child = spawn("python3", [script, String(watchdogMicros), ...program], {
      env: home.environment,
      stdio: ["ignore", "pipe", "ignore"],
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

  stop(): void {
    this.#child.kill("SIGTERM");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    await this.#exit;
  }
}

const hasNotify = spawnSync("systemd-notify", ["--version"]).status === 0;
const skip = hasNotify ? false : "systemd-notify is not installed";

describe("a gateway under systemd", { timeout: 60_000, skip }, async () => {
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
});
