import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { readVersion } from "../../src/version.ts";
import { identity } from "../guard/support/identities.ts";
import { connectOnce } from "../guard/support/node-client.ts";
import { FILE_PATIENCE_MS } from "../support/patience.ts";

const SCRIPT = join(import.meta.dirname, "../../scripts/build-single.ts");

describe("the single executable", { timeout: FILE_PATIENCE_MS }, () => {
  const folder = mkdtempSync(join(tmpdir(), "handclasp-single-test-"));
  const program = join(folder, "handclasp");
  // Without a PATH there is no other Node that could help.
  const env = { PATH: "", XDG_DATA_HOME: folder, HANDCLASP_STORE: join(folder, "trust.db") };

  before(() => {
    const { status, stderr } = spawnSync(process.execPath, [SCRIPT, program], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function run(...args: readonly string[]): { code: number | null; stdout: string } {
    const { status, stdout } = spawnSync(program, args, { env, encoding: "utf8" });
    return { code: status, stdout };
  }

  it("knows its version", () => {
    assert.deepEqual(run("--version"), { code: 0, stdout: `${readVersion()}\n` });
  });

  it("shows its help", () => {
    const { code, stdout } = run("--help");
    assert.equal(code, 0);
    assert.match(stdout, /gateway/);
  });

  for (const [verb, args, greeting] of [
    ["serve", [], "Hello, world"],
    ["gateway", ["--to", "127.0.0.1:1", "--first-use", "accept", "--workers", "2"], ""],
  ] as const) {
    it(`meets a client and keeps its key, as ${verb}`, async () => {
      const name = `client of ${verb}`;
      const child = spawn(program, [verb, "--listen", "127.0.0.1:0", "--json", ...args], {
        env,
        stdio: ["ignore", "ignore", "pipe"],
      });
      const exit = once(child, "exit");
      const ready = Promise.withResolvers<number>();
      createInterface({ input: child.stderr }).on("line", (text) => {
        const line = JSON.parse(text) as { event: string; port: number };
        if (line.event === "listening") ready.resolve(line.port);
      });
      const client = await identity(name);
      const outcome = await connectOnce({ identity: client, port: await ready.promise, eager: "world\n" });
      assert.equal(outcome.received, greeting);
      const listed = JSON.parse(run("trust", "list", "--json").stdout) as { peer: string; state: string }[];
      assert.equal(listed.find(({ peer }) => peer === name)?.state, "trusted");
      child.kill("SIGTERM");
      assert.deepEqual(await exit, [0, null]);
    });
  }
});
