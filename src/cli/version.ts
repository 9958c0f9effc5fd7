import { readFileSync } from "node:fs";

/** Put in by scripts/build-single.ts: one file has no package.json beside it. */
declare const HANDCLASP_VERSION: string | undefined;

/** What package.json says, which is two folders up from the source and from what is built of it. */
export function readVersion(): string {
  if (typeof HANDCLASP_VERSION === "string") return HANDCLASP_VERSION;
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const { version } = JSON.parse(text) as { readonly version: string };
  return version;
}
