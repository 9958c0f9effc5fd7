import { join, resolve } from "node:path";
import { bundleProgram } from "../../scripts/bundle.ts";

/** A program of this folder as what is published: compiling TypeScript takes time and memory that nobody else needs. */
export function bundledProgram(name: string): Promise<string> {
  const folder = resolve(import.meta.dirname, "../../node_modules/.cache/handclasp/benchmark", name);
  return bundleProgram(name, join(import.meta.dirname, `${name}.ts`), folder);
}
