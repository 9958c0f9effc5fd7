import { readFileSync } from "node:fs";

/** Put in by scripts/bundle.ts and build-single.ts: what is built has no package.json where the source has it. */
declare const HANDCLASP_VERSION: string | undefined;

/** What package.json says, which is a folder up from the source. */
export function readVersion(): string {
  if (typeof HANDCLASP_VERSION === "string") return HANDCLASP_VERSION;
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  const { version } = JSON.parse(text) as { readonly version: string };
  return version;
}
