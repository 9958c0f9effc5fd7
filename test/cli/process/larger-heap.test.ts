import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import { HEAP_FLAG } from "../../../src/cli/process/larger-heap.ts";
import { Home, MAIN } from "../support/serve.ts";
import { FILE_PATIENCE_MS } from "../../support/patience.ts";

const skip = process.platform === "linux" ? false : "needs /proc";

describe("the heap of a gateway", { timeout: FILE_PATIENCE_MS, skip }, () => {
  for (const workers of ["1", "2"]) {
    it(`is larger in each of its processes, and the first is the one that was started, with ${workers} workers`, async () => {
      using home = new Home();
      const args = ["gateway", "--listen=127.0.0.1:0", "--to=127.0.0.1:1", `--workers=${workers}`, "--json"];
      const child = spawn(process.execPath, [MAIN, ...args], {
        env: home.environment,
        stdio: ["ignore", "ignore", "pipe"],
      });
      const exit = once(child, "exit");
      const pids = [child.pid];
      for await (const text of createInterface({ input: child.stderr })) {
        const { event, pid } = JSON.parse(text) as { event: string; pid?: number };
        if (event === "worker-started") pids.push(pid);
        if (event === "listening") break;
      }
      for (const pid of pids) {
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        assert.equal(command.filter((word) => word === HEAP_FLAG).length, 1);
      }
      child.kill("SIGTERM");
      assert.deepEqual(await exit, [0, null]);
    });
  }
});
