import { MOST_RESTORED, type RestoreChange } from "../../trust/records/change.ts";
import type { RestoreItem, RestoreParts } from "./restore-plan.ts";

/** What of certificates goes into one change. */
const MOST_BYTES = 128 * 1024;

/** What goes into the next change. */
export class RestoreBatch {
  #parts = emptyParts();
  #count = 0;
  #bytes = 0;
  #window: number | null;

  /** A window to close, with the first. */
  constructor(window: number | null) {
    this.#window = window;
  }

  hasRoomFor({ part }: RestoreItem): boolean {
    return this.#count === 0 || (this.#count < MOST_RESTORED && this.#bytes + bytesOf(part) <= MOST_BYTES);
  }

  add({ part }: RestoreItem): void {
    for (const [list, items] of Object.entries(part ?? {})) {
      (this.#parts[list as keyof RestoreParts] as unknown[]).push(...items);
    }
    this.#count++;
    this.#bytes += bytesOf(part);
  }

  take(): RestoreParts & Pick<RestoreChange, "type" | "window"> {
    const parts = this.#parts;
    const window = this.#window;
    this.#parts = emptyParts();
    this.#count = 0;
    this.#bytes = 0;
    this.#window = null;
    return { type: "restore", window, ...parts };
  }
}

function emptyParts(): { -readonly [List in keyof RestoreParts]: RestoreParts[List] } {
  return { taken: [], keys: [], left: [], entered: [], tokens: [], apiTokens: [] };
}

function bytesOf(part: Partial<RestoreParts> | null): number {
  return (part?.keys ?? []).reduce((all, { certificate }) => all + (certificate?.der.length ?? 0), 0);
}
