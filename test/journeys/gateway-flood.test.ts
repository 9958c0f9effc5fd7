import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { runToEnd } from "../cli/support/serve.ts";
import { FILE_PATIENCE_MS } from "../support/patience.ts";

const RUN = join(import.meta.dirname, "../../benchmark/flood/run.ts");

/** How much later known clients are served is measured (docs/performance.md): a machine that stands still says nothing of it. */
const MOST = "Infinity";

/** `benchmark/flood/run.ts`, which fails by itself; here in small. */
function flood(...args: readonly string[]): ReturnType<typeof runToEnd> {
  const small = ["--rounds", "1", "--quiet-seconds", "3", "--most", MOST, "--cores", "shared"];
  return runToEnd(process.execPath, [RUN, ...small, ...args], { timeoutMs: FILE_PATIENCE_MS });
}

describe("fifty known clients of a gateway", () => {
  it("go on while strangers flood it, none forgotten, and memory has a bound", async () => {
    const { code, stdout, stderr } = await flood("--strangers", "1100");
    assert.equal(code, 0, `${stdout}${stderr}`);
    const { pending, refused } = JSON.parse(stdout) as Record<string, number>;
    assert.deepEqual({ pending, refused }, { pending: 1000, refused: 1100 });
  });

  it("go on beside thousands of sockets that say nothing, or a byte a second", async () => {
    const { code, stdout, stderr } = await flood("--strangers", "0", "--silent", "2000");
    assert.equal(code, 0, `${stdout}${stderr}`);
  });
});
