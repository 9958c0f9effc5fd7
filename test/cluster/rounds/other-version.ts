import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { RULES } from "../../../src/trust/rules.ts";

const REPOSITORY = resolve(import.meta.dirname, "../../..");
const PROGRAM = "test/cluster/rounds/node-process.ts";
const VERBS = "src/cli/main.ts";

/** The program of a machine, of a version that knows these rules; made in `folder` where that is another than this one. */
export function programOf(rules: number, folder: string): string {
  return join(versionOf(rules, folder), PROGRAM);
}

/** The command line of that version. */
export function verbsOf(rules: number, folder: string): string {
  return join(versionOf(rules, folder), VERBS);
}

function versionOf(rules: number, folder: string): string {
  if (rules === RULES) return REPOSITORY;
  const version = join(folder, `rules-${rules}`);
  if (existsSync(version)) return version;
  mkdirSync(version);
  for (const name of ["src", "package.json", PROGRAM])
    cpSync(join(REPOSITORY, name), join(version, name), { recursive: true });
  symlinkSync(join(REPOSITORY, "node_modules"), join(version, "node_modules"));
  writeFileSync(join(version, "src/trust/rules.ts"), `export const RULES = ${rules};\n`);
  return version;
}
