import { reasonOf } from "../../errors.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";
import type { RefusedSnapshot } from "../../trust/port/replication.ts";
import type { Snapshot } from "../../trust/port/snapshot-shelf.ts";

const MOST_KEPT = 100;

/** Snapshots that were not what they say, whoever says that they count: none is tried twice by one process. */
export class RefusedSnapshots {
  readonly #ids = new Set<string>();
  #last: RefusedSnapshot | undefined;

  /** Undefined for none. */
  get last(): RefusedSnapshot | undefined {
    return this.#last;
  }

  has({ id }: Snapshot): boolean {
    return this.#ids.has(id);
  }

  /** `at` is milliseconds since the epoch. */
  add({ id, place, madeBy }: Snapshot, why: unknown, at: number): void {
    this.#ids.add(id);
    const [oldest] = this.#ids;
    if (this.#ids.size > MOST_KEPT && oldest !== undefined) this.#ids.delete(oldest);
    this.#last = { id, position: place.position, madeBy, why: escapeText(reasonOf(why), 300), at };
  }
}
