import { closeSync, openSync, writeSync } from "node:fs";
import { HandclaspError } from "../../errors.ts";
import { printBytes, printError } from "../output.ts";
import { stdout } from "../way-out.ts";
import type { TraceFlags } from "./format.ts";

/** Where a trace goes: a file or stdout. Never throws once it is open: a trace must not disturb what it shows. */
export class TraceWriter implements Disposable {
  readonly #file: number | undefined;
  #isOver = false;

  /** Throws ERR_HANDCLASP_OPTION when the file cannot be written, or a terminal would get bytes. */
  constructor({ format, output }: TraceFlags) {
    if (format === "pcapng" && output === undefined && process.stdout.isTTY) throw notForTerminals();
    this.#file = output === undefined ? undefined : openFile(output);
  }

  /** Whether nobody gets any more of it. */
  get isUseless(): boolean {
    return this.#isOver || (this.#file === undefined && stdout.isUseless);
  }

  write(bytes: string | Uint8Array): void {
    if (this.#isOver) return;
    try {
      if (this.#file === undefined) printBytes(bytes);
      else writeWhole(this.#file, bytes);
    } catch (error) {
      this.#isOver = true;
      process.exitCode = 1;
      printError(error);
    }
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    if (this.#file !== undefined) closeSync(this.#file);
  }
}

/** For us only: a pcapng holds the secrets of its connections. */
function openFile(output: string): number {
  try {
    return openSync(output, "w", 0o600);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new HandclaspError("ERR_HANDCLASP_OPTION", `cannot write ${output}: ${said}`, { cause: error });
  }
}

function writeWhole(file: number, data: string | Uint8Array): void {
  const bytes = typeof data === "string" ? Buffer.from(data) : data;
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
}

function notForTerminals(): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_OPTION", "pcapng is not for a terminal", {
    hint: "give --output FILE, or send stdout to a file or a program",
  });
}
