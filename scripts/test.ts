// Runs all tests, or the files that are named. Tests wait for processes and clocks for half of their time: one file more
// at once than there are cores (docs/decisions/0055).
//
//     npm test -- test/trust/judging/judge.test.ts
import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { bundleCommandLine } from "./bundle.ts";

/** Folders of what does no I/O and reads no clock: its tests disturb nobody, and loading is most of what each file costs. */
const TOGETHER = ["bytes", "capture", "explain", "operator", "tls", "trust", "x509"];

const root = resolve(import.meta.dirname, "..");
const main = await bundleCommandLine(join(root, "node_modules/.cache/handclasp/command-line"));
const folder = mkdtempSync(join(tmpdir(), "handclasp-tests-"));
const named = process.argv.slice(2);
try {
  const { status } = spawnSync(
    process.execPath,
    [
      "--import",
      "./test/support/compile-cache.ts",
      "--test",
      `--test-concurrency=${availableParallelism() + 1}`,
      "--test-reporter=spec",
      ...(named.length > 0 ? named : all()),
    ],
    { cwd: root, env: { ...process.env, HANDCLASP_MAIN: main }, stdio: "inherit" },
  );
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true });
}

/** One file for each of those folders, which takes longest, then all others. */
function all(): readonly string[] {
  const files = globSync("test/**/*.test.ts", { cwd: root }).toSorted();
  return [
    ...TOGETHER.map((name) =>
      inOneProcess(
        name,
        files.filter((file) => room(file) === name),
      ),
    ),
    ...files.filter((file) => !TOGETHER.includes(room(file))),
  ];
}

/** The folder of test/ that a file is in. */
function room(file: string): string {
  return file.split(/[/\\]/)[1] ?? "";
}

/** A file that imports others. One that cannot be imported is a test that fails; the others run. */
function inOneProcess(name: string, files: readonly string[]): string {
  const imports = files.map((file) => {
    const url = JSON.stringify(pathToFileURL(join(root, file)).href);
    return `await import(${url}).catch((error) => it(${JSON.stringify(file)}, () => { throw error; }));\n`;
  });
  const path = join(folder, `${name}.test.mjs`);
  writeFileSync(path, `import { it } from "node:test";\n${imports.join("")}`);
  return path;
}
