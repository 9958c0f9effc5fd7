// Runs all tests, or the files that are named. Tests wait for processes and clocks for half of their time: two files more
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

/** Folders whose tests close what they open, and so disturb nobody either: some files of one in a process. */
const IN_BATCHES = ["cli", "client", "gateway", "guard", "store"];
const BATCH = 9;

/**
 * Files that measure the memory or CPU time of their process, hear its warnings or crashes, set its flags, or change how
 * modules are loaded, which has no effect on those that others loaded before.
 */
const ALONE = [
  "test/cli/trace-reads-once.test.ts",
  "test/client/servers/damaged-servers.test.ts",
  "test/client/starttls/starttls.test.ts",
  "test/gateway/http-large-bodies.test.ts",
  "test/gateway/http/front/http2-sessions.test.ts",
  "test/guard/arrivals/shown-chain.test.ts",
  "test/guard/guard.test.ts",
  "test/guard/refusal/withheld-end.test.ts",
  "test/store/postgres/missing-driver.test.ts",
];

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
      "--import",
      "./test/support/no-endless-file.ts",
      "--test",
      `--test-concurrency=${availableParallelism() + 2}`,
      "--test-reporter=spec",
      ...(named.length > 0 ? named : all()),
    ],
    { cwd: root, env: { ...process.env, HANDCLASP_MAIN: main }, stdio: "inherit" },
  );
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true });
}

/** One file for each of those folders, which takes longest, then the batches, then all others. */
function all(): readonly string[] {
  const files = globSync("test/**/*.test.ts", { cwd: root })
    .map((file) => file.replaceAll("\\", "/"))
    .toSorted();
  const batches = IN_BATCHES.flatMap((name) =>
    dealt(files.filter((file) => room(file) === name && !ALONE.includes(file))).map((batch, index) =>
      inOneProcess(`${name}-${index + 1}`, batch),
    ),
  );
  return [
    ...TOGETHER.map((name) =>
      inOneProcess(
        name,
        files.filter((file) => room(file) === name),
      ),
    ),
    ...batches,
    ...files.filter((file) => !TOGETHER.includes(room(file)) && !IN_BATCHES.includes(room(file))),
    ...ALONE,
  ];
}

/** Into batches of one size: neighbours are alike, and those that take long come to lie apart. */
function dealt(files: readonly string[]): readonly (readonly string[])[] {
  const batches = Array.from({ length: Math.ceil(files.length / BATCH) }, (): string[] => []);
  for (const [index, file] of files.entries()) batches[index % batches.length]?.push(file);
  return batches;
}

/** The folder of test/ that a file is in. */
function room(file: string): string {
  return file.split("/")[1] ?? "";
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
