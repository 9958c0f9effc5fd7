// Bundles src/ into dist/ for publishing: few files, which load in half the time of many (docs/decisions/0027).
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { build } from "esbuild";
import { commandTree } from "../src/cli/verbs.ts";
import { readVersion } from "../src/version.ts";
import { BUNDLE, bundleCommandLine, THREAD } from "./bundle.ts";
import { manPage } from "./man-page.ts";

const root = join(import.meta.dirname, "..");
const output = join(root, "dist");

rmSync(output, { recursive: true, force: true });
await build({
  ...BUNDLE,
  entryPoints: {
    index: join(root, "src/index.ts"),
    testing: join(root, "src/testing/index.ts"),
    tls: join(root, "src/tls/index.ts"),
    ...THREAD,
  },
  outdir: output,
});
// A bundle of its own: verbs load lazily, and what they share with each other would cut the library into many files.
chmodSync(await bundleCommandLine(join(output, "cli")), 0o755);
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
