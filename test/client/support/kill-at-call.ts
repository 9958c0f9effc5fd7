// Preloaded into a process: kills it, as kill -9 does, at the N-th call of node:fs that follows the first one about a
// folder. A write is killed in its middle.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const folder = process.env["KILL_FOLDER"] ?? "";
const killAt = Number(process.env["KILL_AT_CALL"]);
let calls = 0;

const WATCHED = [
  "chmodSync",
  "closeSync",
  "fsyncSync",
  "linkSync",
  "mkdirSync",
  "openSync",
  "readFileSync",
  "renameSync",
  "rmSync",
  "writeFileSync",
] as const;

for (const name of WATCHED) {
  const original = fs[name] as (...args: unknown[]) => unknown;
  const watched = (...args: unknown[]): unknown => {
    if (calls > 0 || String(args[0]).startsWith(folder)) calls += 1;
    if (calls !== killAt) return original(...args);
    const [target, content] = args;
    if (name === "writeFileSync") original(target, String(content).slice(0, 300));
    process.kill(process.pid, "SIGKILL");
    // The signal takes effect before this returns.
    return undefined;
  };
  Object.assign(fs, { [name]: watched });
}
syncBuiltinESMExports();
