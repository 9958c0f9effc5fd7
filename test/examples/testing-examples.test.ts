import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { describe, it } from "node:test";

const ROOT = resolve(import.meta.dirname, "../..");

/** Runs tests as their reader would; says what they printed, and their status. */
function run(args: readonly string[]): { readonly status: number | null; readonly output: string } {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, env, encoding: "utf8" });
  return { status, output: stdout + stderr };
}

describe("the examples of tests", () => {
  it("pass under node:test", () => {
    const { status, output } = run(["--test", "--test-reporter=tap", "examples/15-node-test.ts"]);
    assert.equal(status, 0, output);
    assert.match(output, /^# pass 3$/m);
  });

  it("pass under vitest", () => {
    const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
    const { status, output } = run([vitest, "run", "--reporter=tap", "examples/16-vitest.test.mjs"]);
    assert.equal(status, 0, output);
    assert.match(output, /^ok 1 - examples\/16-vitest\.test\.mjs/m);
    assert.match(output, /^ {4}1\.\.2$/m);
  });
});
