// Makes one executable of the command line and Node itself: single/handclasp. https://nodejs.org/api/single-executable-applications.html
//
//     npm run -s build:single -- [FILE]
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { build, type BuildOptions } from "esbuild";
import { HEAP_FLAG } from "../src/cli/process/larger-heap.ts";
import { readVersion } from "../src/version.ts";
import { carryPage } from "./carry-page.ts";

const root = join(import.meta.dirname, "..");
const output = resolve(process.argv[2] ?? join(root, "single/handclasp"));
const folder = mkdtempSync(join(tmpdir(), "handclasp-single-"));
const OPTIONS: BuildOptions = {
  bundle: true,
  platform: "node",
  format: "cjs",
  target: `node${process.versions.node.split(".")[0]}`,
  minifySyntax: true,
  legalComments: "none",
  logLevel: "error",
  plugins: [carryPage],
  // There is no file that could have a URL.
  define: {
    "import.meta.url": '"handclasp:single"',
    "import.meta.main": "false",
    HANDCLASP_VERSION: JSON.stringify(readVersion()),
  },
};

try {
  const entry = `import { main } from "./cli/main.ts";
    main(process.argv.slice(2)).then((code) => { process.exitCode = code; });`;
  await build({
    ...OPTIONS,
    stdin: { contents: entry, resolveDir: join(root, "src"), loader: "ts" },
    outfile: join(folder, "main.cjs"),
  });
  const thread = join(folder, "sqlite-writer-thread.cjs");
  await build({
    ...OPTIONS,
    entryPoints: [join(root, "src/store/sqlite/writing/sqlite-writer-thread.ts")],
    outfile: thread,
  });
  mkdirSync(dirname(output), { recursive: true });
  const config = join(folder, "sea.json");
  const settings = {
    main: join(folder, "main.cjs"),
    output,
    disableExperimentalSEAWarning: true,
    useCodeCache: false,
    execArgv: [HEAP_FLAG],
    assets: { "sqlite-writer-thread": thread },
  };
  writeFileSync(config, JSON.stringify(settings));
  const { status } = spawnSync(process.execPath, ["--build-sea", config], { stdio: "inherit" });
  if (status !== 0) process.exit(1);
  console.error(output);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
