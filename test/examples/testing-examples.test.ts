import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { describe, it } from "node:test";
import { PATIENCE_MS } from "../support/patience.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const VITEST = [
  join(ROOT, "node_modules/vitest/vitest.mjs"),
  "run",
  "--reporter=tap",
  ...["--testTimeout", "--hookTimeout"].map((limit) => `${limit}=${PATIENCE_MS}`),
];

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

  it("pass for a store that is made of what is exported", () => {
    const { status, output } = run(["--test", "--test-reporter=tap", "examples/17-own-store.test.ts"]);
    assert.equal(status, 0, output);
    assert.match(output, /^# pass 1\d\d$/m);
  });

  it("pass under vitest", () => {
    const { status, output } = run([...VITEST, "examples/16-vitest.test.mjs"]);
    assert.equal(status, 0, output);
    assert.match(output, /^ok 1 - examples\/16-vitest\.test\.mjs/m);
    assert.match(output, /^ {4}1\.\.2$/m);
  });

  it("hang the contract of stores into vitest, too", () => {
    const file = "test/examples/support/store-contract.test.mjs";
    const { status, output } = run([...VITEST, file]);
    assert.equal(status, 0, output);
    assert.match(output, /ok \d+ - memory store: what it knows/);
  });
});
