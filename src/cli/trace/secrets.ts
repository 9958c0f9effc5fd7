import { readFileSync } from "node:fs";
import { HandclaspError } from "../../errors.ts";
import { type KeyLogEntry, parseKeyLog } from "../../tls/key-log.ts";

/** The secrets of many connections, found by the random of their ClientHello. RFC 9850 §2. */
export class TraceSecrets {
  readonly #byRandom = new Map<string, KeyLogEntry[]>();
  #malformedLines = 0;

  /** Lines that are no lines of a key log. */
  get malformedLines(): number {
    return this.#malformedLines;
  }

  add(keyLog: string | Uint8Array): void {
    const { entries, malformedLines } = parseKeyLog(keyLog);
    this.#malformedLines += malformedLines;
    for (const entry of entries) {
      const random = hex(entry.clientRandom);
      const known = this.#byRandom.get(random);
      if (known === undefined) this.#byRandom.set(random, [entry]);
      else known.push(entry);
    }
  }

  /** Throws ERR_HANDCLASP_OPTION when the file cannot be read. */
  addFile(path: string): void {
    try {
      this.add(readFileSync(path));
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      throw new HandclaspError("ERR_HANDCLASP_OPTION", `cannot read ${path}: ${said}`, { cause: error });
    }
  }

  of(clientRandom: Uint8Array): readonly KeyLogEntry[] {
    return this.#byRandom.get(hex(clientRandom)) ?? [];
  }
}

/** An entry as a line of a key log. */
export function toKeyLogLine({ label, clientRandom, secret }: KeyLogEntry): string {
  return `${label} ${hex(clientRandom)} ${hex(secret)}`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}
