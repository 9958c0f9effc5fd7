import type { RecordOpener } from "../keys/record-protection.ts";
import { type Opening, openWith, SEALED, type SealedOpening } from "./observed-opening.ts";
import type { TlsRecord } from "../records/record-reader.ts";

/** A record cannot be shorter: header, a byte of content and a tag of 16. */
const SHORTEST_RECORD = 22;
/** How many numbers a record is tried under. */
const MOST_TRIES = 256;
/** How many tries in vain a direction has in all, and how many it gets back with each in success. */
const CREDIT = 4096;
const RESTORED = 64;
/** How many records in a row may fail to open, before the keys themselves are thought to have changed. */
const PATIENCE = 4;

/**
 * Counts the protected records that nobody saw. Each one that was sent has a number (RFC 8446 §5.3, RFC 5246 §6.1),
 * so the next to come is tried under all that it can have. Work is bounded, whatever a capture claims to lack.
 */
export class LostRecords {
  /** So many were lost for certain, and perhaps so many more. */
  #certain = 0;
  #possible = 0;
  #failures = 0;
  #credit = CREDIT;

  /** Whether the number of the next record is not that of the opener. */
  get isAny(): boolean {
    return this.#certain > 0 || this.#possible > 0;
  }

  /** A record of which bytes are missing. */
  one(): void {
    this.#certain++;
  }

  /** As many as fit in these bytes. */
  within(bytes: number): void {
    this.#possible = Math.min(MOST_TRIES, this.#possible + 1 + Math.floor(bytes / SHORTEST_RECORD));
  }

  /** Opens the record under the first number that fits, from which the opener goes on; undefined when none does. */
  open(opener: RecordOpener, record: TlsRecord, inner: boolean, isSameEpoch: boolean): Opening | undefined {
    const before = opener.sequence;
    const first = before + (isSameEpoch ? this.#certain : 0);
    const last =
      before + Math.min(this.#certain + this.#possible, (isSameEpoch ? this.#certain : 0) + MOST_TRIES);
    for (let sequence = first; sequence <= last && this.#credit > 0; sequence++, this.#credit--) {
      opener.sequence = sequence;
      const opening = openWith(opener, record, inner);
      if (opening.state !== "open") continue;
      this.#found();
      return opening;
    }
    opener.sequence = before;
    return undefined;
  }

  /** What became of a record that none opened: one more that is lost, or the last that is tried. */
  fail(): SealedOpening {
    this.#failures++;
    this.#possible = Math.min(MOST_TRIES, this.#possible + 1);
    if (this.#failures < PATIENCE && this.#credit > 0) return SEALED;
    return {
      state: "sealed",
      problem: "records cannot be decrypted any more: too much is missing before them",
    };
  }

  /** Whatever comes next is numbered from 0. */
  restart(): void {
    this.#certain = 0;
    this.#possible = 0;
    this.#failures = 0;
  }

  #found(): void {
    this.restart();
    this.#credit = Math.min(CREDIT, this.#credit + RESTORED);
  }
}
