import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Answer, Json } from "./differences.ts";

/**
 * Runs one command line of a checkout in a folder; everything of ours that it reads or makes is in there. Compiled code is
 * kept in `cache`: most of such a run is spent compiling.
 */
export async function answerOf(
  tree: string,
  folder: string,
  args: readonly string[],
  cache: string,
): Promise<Answer> {
  const child = spawn(process.execPath, [join(tree, "src/cli/main.ts"), ...args], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      HOME: folder,
      XDG_DATA_HOME: join(folder, "data"),
      HANDCLASP_STORE: join(folder, "trust.db"),
      NODE_NO_WARNINGS: "1",
      NODE_COMPILE_CACHE: cache,
    },
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number | null]>,
  ]);
  return { code, printed: valuesIn(stdout), error: errorIn(stderr) };
}

/** One value, or one a line; else what was printed. */
function valuesIn(stdout: string): readonly Json[] {
  if (stdout === "") return [];
  try {
    return [JSON.parse(stdout) as Json];
  } catch {
    return stdout.trimEnd().split("\n").map(toValue);
  }
}

function toValue(line: string): Json {
  try {
    return JSON.parse(line) as Json;
  } catch {
    return line;
  }
}

/** `{"error":…}` on a line of its own, or `error: … [CODE]: …` and `hint: …` as people get them. */
function errorIn(stderr: string): Answer["error"] {
  const lines = stderr.trimEnd().split("\n");
  for (const line of lines) {
    const value = toValue(line);
    if (value !== null && typeof value === "object" && "error" in value) {
      return value.error as Answer["error"];
    }
  }
  const said = stderr.trimEnd();
  // The first of several: what comes after its hint, or the next error, is another one's.
  const found = /(?:^|\n)error: ([^]*?)(?:\nhint: ([^]*?))?(?:\nerror: [^]*)?$/.exec(said);
  if (found === null) return said === "" ? null : { said };
  const [, shown = "", hint = null] = found;
  const code = / \[(ERR_HANDCLASP_[A-Z_]+)\]/.exec(shown);
  return { code: code?.[1] ?? null, message: shown.replace(code?.[0] ?? "", ""), hint };
}
