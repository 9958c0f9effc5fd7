import { hash, timingSafeEqual } from "node:crypto";
import { fieldLines } from "./raw-fields.ts";

const FIELD = "handclasp-secret";

/** Who may ask: whoever sends the secret, where there is one. Without one, whoever reaches the socket. */
export class Callers {
  readonly #digest: Uint8Array | undefined;

  constructor(secret: string | undefined) {
    this.#digest = secret === undefined ? undefined : digestOf(secret);
  }

  /** In constant time, of secrets of any length. */
  mayAsk(rawFields: readonly string[]): boolean {
    if (this.#digest === undefined) return true;
    const [line, ...others] = fieldLines(rawFields, FIELD);
    if (line === undefined || others.length > 0) return false;
    return timingSafeEqual(this.#digest, digestOf(line));
  }
}

function digestOf(secret: string): Uint8Array {
  return hash("sha256", secret, "buffer");
}
