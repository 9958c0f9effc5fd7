import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build, type BuildOptions } from "esbuild";
import { readVersion } from "../src/version.ts";
import { carryPage } from "./carry-page.ts";

const root = join(import.meta.dirname, "..");

/** How src/ is bundled (docs/decisions/0027). */
export const BUNDLE: BuildOptions = {
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
  plugins: [carryPage],
};

/** Library and command line each find the thread beside the file that starts it, whichever that is: neither has folders. */
export const THREAD: Readonly<Record<string, string>> = {
  "sqlite-writer-thread": join(root, "src/store/sqlite/writing/sqlite-writer-thread.ts"),
};

/** Bundles the command line into a folder, and gives the file that runs. */
export function bundleCommandLine(outdir: string): Promise<string> {
  return bundleProgram("main", join(root, "src/cli/main.ts"), outdir);
}

/**
 * Bundles a program that opens stores into a folder of its own, and gives the file that runs. What is there already is not
 * written again, and what is written is whole at once: others may be running it.
 */
export async function bundleProgram(name: string, file: string, outdir: string): Promise<string> {
  const { outputFiles } = await build({
    ...BUNDLE,
    entryPoints: { [name]: file, ...THREAD },
    outdir,
    write: false,
  });
  for (const { path, contents } of outputFiles) writeAnew(path, contents);
  return join(outdir, `${name}.js`);
}

function writeAnew(path: string, contents: Uint8Array): void {
  try {
    if (readFileSync(path).equals(contents)) return;
  } catch {
    mkdirSync(dirname(path), { recursive: true });
  }
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, contents);
  renameSync(unfinished, path);
}
