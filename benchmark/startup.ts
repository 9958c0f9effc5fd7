// How long the built command line takes to answer, and the built library to load, beside Node with nothing to do.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const DIST = resolve(import.meta.dirname, "../dist");
if (!existsSync(DIST))
  spawnSync("npm", ["run", "-s", "build"], { cwd: resolve(DIST, ".."), stdio: "inherit" });

const LIBRARY = pathToFileURL(join(DIST, "index.js")).href;
const TIME_IMPORT = `const t = performance.now(); await import(${JSON.stringify(LIBRARY)}); console.log(performance.now() - t)`;

const COUNT_FILES = `import { registerHooks } from "node:module";
let files = 0;
registerHooks({ load(url, context, next) { if (url.startsWith("file:")) files++; return next(url, context); } });
await import(${JSON.stringify(LIBRARY)}); console.log(files)`;

function median(measure: () => number): number {
  const times = Array.from({ length: 21 }, measure).toSorted((a, b) => a - b);
  return Math.round(times[10] ?? 0);
}

function wholeProcess(args: readonly string[]): number {
  const started = performance.now();
  const { status } = spawnSync(process.execPath, args);
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}`);
  return performance.now() - started;
}

function numberPrintedBy(code: string): number {
  const args = ["--input-type=module", "-e", code];
  return Number(spawnSync(process.execPath, args, { encoding: "utf8" }).stdout);
}

console.log(
  JSON.stringify({
    bareNodeMs: median(() => wholeProcess(["-e", "0"])),
    helpMs: median(() => wholeProcess([join(DIST, "cli/main.js"), "--help"])),
    importMs: median(() => numberPrintedBy(TIME_IMPORT)),
    importedFiles: numberPrintedBy(COUNT_FILES),
  }),
);
