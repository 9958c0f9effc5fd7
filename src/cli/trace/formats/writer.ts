import { closeSync, openSync, writeSync } from "node:fs";
import { HandclaspError, reasonOf } from "../../../errors.ts";
import { printBytes, printError } from "../../terminal/output.ts";
import { stdout } from "../../terminal/way-out.ts";
import type { TraceFlags } from "./format.ts";

const GATHERED_BYTES = 64 * 1024;
/** Bytes of UTF-8 that a unit of UTF-16 becomes at most. */
const MOST_UTF8 = 3;

/** Where a trace goes: a file or stdout. Never throws once it is open: a trace must not disturb what it shows. */
export class TraceWriter implements Disposable {
  readonly #file: number | undefined;
  readonly #gathered: Buffer | undefined;
  #length = 0;
  #isOver = false;

  /**
   * One that gathers writes in large pieces, the last of them when it is flushed or disposed of. Throws
   * ERR_HANDCLASP_OPTION when the file cannot be written, or a terminal would get bytes.
   */
  constructor({ format, output }: TraceFlags, { gathers = false }: { readonly gathers?: boolean } = {}) {
    if (format === "pcapng" && output === undefined && process.stdout.isTTY) throw notForTerminals();
    this.#file = output === undefined ? undefined : openFile(output);
    this.#gathered = gathers ? Buffer.allocUnsafe(GATHERED_BYTES) : undefined;
  }

  /** Whether nobody gets any more of it. */
  get isUseless(): boolean {
    return this.#isOver || (this.#file === undefined && stdout.isUseless);
  }

  write(bytes: string | Uint8Array): void {
    const most = typeof bytes === "string" ? bytes.length * MOST_UTF8 : bytes.length;
    if (this.#gathered === undefined || most > GATHERED_BYTES) {
      this.flush();
      this.#write(bytes);
      return;
    }
    if (most > GATHERED_BYTES - this.#length) this.flush();
    if (typeof bytes === "string") this.#length += this.#gathered.write(bytes, this.#length);
    else {
      this.#gathered.set(bytes, this.#length);
      this.#length += bytes.length;
    }
  }

  /** Writes what was gathered. */
  flush(): void {
    if (this.#length === 0) return;
    const piece = this.#gathered?.subarray(0, this.#length);
    this.#length = 0;
    if (piece !== undefined) this.#write(piece);
  }

  #write(bytes: string | Uint8Array): void {
    if (this.isUseless) return;
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
    this.flush();
    this.#isOver = true;
    if (this.#file !== undefined) closeSync(this.#file);
  }
}

/** For us only: a pcapng holds the secrets of its connections. */
function openFile(output: string): number {
  try {
    return openSync(output, "w", 0o600);
  } catch (error) {
    throw new HandclaspError("ERR_HANDCLASP_OPTION", `cannot write ${output}: ${reasonOf(error)}`, {
      cause: error,
    });
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
