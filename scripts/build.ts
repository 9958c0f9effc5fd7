// Bundles src/ into dist/ for publishing: few files, which load in half the time of many (docs/decisions/0027).
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { build, type BuildOptions } from "esbuild";
import { commandTree } from "../src/cli/verbs.ts";
import { readVersion } from "../src/cli/version.ts";
import { manPage } from "./man-page.ts";

const root = join(import.meta.dirname, "..");
const output = join(root, "dist");
const command = join(output, "cli/main.js");
const OPTIONS: BuildOptions = {
  bundle: true,
  splitting: true,
  packages: "external",
  platform: "node",
  format: "esm",
  target: "node24",
  sourcemap: true,
  sourcesContent: false,
  define: { HANDCLASP_VERSION: JSON.stringify(readVersion()) },
  logLevel: "warning",
};
/** Each of the two finds the thread beside the file that starts it, whichever that is: neither has folders. */
const THREAD = { "sqlite-writer-thread": join(root, "src/store/sqlite-writer-thread.ts") };

rmSync(output, { recursive: true, force: true });
await build({
  ...OPTIONS,
  entryPoints: {
    index: join(root, "src/index.ts"),
    testing: join(root, "src/testing/index.ts"),
    tls: join(root, "src/tls/index.ts"),
    ...THREAD,
  },
  outdir: output,
});
// A bundle of its own: verbs load lazily, and what they share with each other would cut the library into many files.
await build({
  ...OPTIONS,
  entryPoints: { main: join(root, "src/cli/main.ts"), ...THREAD },
  outdir: join(output, "cli"),
});
chmodSync(command, 0o755);
mkdirSync(join(output, "man"));
writeFileSync(join(output, "man/handclasp.1"), manPage(await commandTree(), readVersion()));

const tsc = createRequire(import.meta.url)
  .resolve("typescript/package.json")
  .replace("package.json", "bin/tsc");
const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});
if (status !== 0) process.exit(1);
