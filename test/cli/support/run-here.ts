import { Readable, Writable } from "node:stream";
import { main } from "../../../src/cli/main.ts";
import { stderr, stdout } from "../../../src/cli/terminal/way-out.ts";
import type { Home, RunResult } from "./serve.ts";

let before: Promise<unknown> = Promise.resolve();

/**
 * Runs a verb to its end in this process, as `home.run` does in one of its own, and some ten times as quickly. One at a
 * time: what a process has once, its environment, exit code and outputs, is lent to it.
 */
export function runHere(home: Home, args: readonly string[], input: string = ""): Promise<RunResult> {
  const running = before.then(() => runNow(home, args, input));
  before = running.catch(() => undefined);
  return running;
}

async function runNow(home: Home, args: readonly string[], input: string): Promise<RunResult> {
  const { env } = process;
  const outputs = [stdout, stderr].map((out) => capture(out));
  process.env = home.environment;
  using _stdin = lend("stdin", Readable.from(input === "" ? [] : [Buffer.from(input)]));
  // What goes by neither way out, as what a server sent to `connect`.
  using _stdout = lend("stdout", toStream(stdout));
  process.exitCode = undefined;
  try {
    const code = await main(args);
    const [out = "", error = ""] = outputs.map(({ text }) => text());
    return { code, stdout: out, stderr: error };
  } finally {
    for (const { end } of outputs) end();
    process.env = env;
    process.exitCode = undefined;
  }
}

/** Has the process have another stream until it is disposed. */
function lend(name: "stdin" | "stdout", stream: Readable | Writable): Disposable {
  const own = Object.getOwnPropertyDescriptor(process, name) ?? {};
  Object.defineProperty(process, name, { value: stream, configurable: true });
  return { [Symbol.dispose]: () => void Object.defineProperty(process, name, own) };
}

function toStream(out: typeof stdout): Writable {
  return new Writable({
    write(piece: Uint8Array, _encoding, done) {
      out.write(piece);
      done();
    },
  });
}

/** Keeps what goes this way. */
function capture(out: typeof stdout): { readonly text: () => string; readonly end: () => void } {
  const pieces: Uint8Array[] = [];
  out.write = (piece) => void pieces.push(typeof piece === "string" ? Buffer.from(piece) : piece);
  return {
    text: () => Buffer.concat(pieces).toString("utf8"),
    end: () => Reflect.deleteProperty(out, "write"),
  };
}
