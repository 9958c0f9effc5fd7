import { spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const EXAMPLES = resolve(import.meta.dirname, "../../../examples");

/** An example that listens, with a folder of its own for its files. */
export interface RunningExample extends AsyncDisposable {
  readonly port: number;
}

/** Starts an example as its reader would; rejects with its stderr when it ends instead of listening. */
export async function startExample(file: string, folder: string): Promise<RunningExample> {
  const child = spawn(process.execPath, [join(EXAMPLES, file)], {
    cwd: folder,
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = once(child, "close");
  const { promise, resolve: listening, reject } = Promise.withResolvers<number>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const [, port] = /^listening on (?:https:\/\/)?127\.0\.0\.1:(\d+)$/.exec(line) ?? [];
    if (port !== undefined) listening(Number(port));
  });
  void ended.then(() => reject(new Error(`${file} ended: ${stderr}`)));
  return {
    port: await promise,
    async [Symbol.asyncDispose]() {
      child.kill();
      await ended;
    },
  };
}
