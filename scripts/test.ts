// Runs all tests, or the files that are named. Node leaves a core to whoever else is there, which of two cores is one;
// tests wait for processes and clocks for half of their time, so two files at once are no more than two cores can do.
//
//     npm test -- test/trust/judging/judge.test.ts
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { bundleCommandLine } from "./bundle.ts";

const root = resolve(import.meta.dirname, "..");
const named = process.argv.slice(2);
const main = await bundleCommandLine(join(root, "node_modules/.cache/handclasp/command-line"));
const { status } = spawnSync(
  process.execPath,
  [
    "--import",
    "./test/support/compile-cache.ts",
    "--test",
    `--test-concurrency=${Math.max(2, availableParallelism() - 1)}`,
    "--test-reporter=spec",
    ...(named.length > 0 ? named : ["test/**/*.test.ts"]),
  ],
  { cwd: root, env: { ...process.env, HANDCLASP_MAIN: main }, stdio: "inherit" },
);
process.exitCode = status ?? 1;
