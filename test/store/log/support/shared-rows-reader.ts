import assert from "node:assert/strict";
import {
  type Exchanged,
  SHARED_START,
  type SharedKind,
  type SharedPlace,
  type SharedRow,
  type SharedRows,
} from "../../../../src/trust/port/shared-rows.ts";

export type Read = SharedRow & { readonly node: string | null };

/** A machine that reads on where it stopped. */
export class Reader {
  readonly node: string;
  readonly #shared: SharedRows;
  place: SharedPlace = SHARED_START;
  wholes = 0;
  parts = 0;

  constructor(shared: SharedRows, node: string) {
    this.#shared = shared;
    this.node = node;
  }

  /** Writes rows, and reads to the end. */
  async exchange(...written: readonly SharedRow[]): Promise<readonly Read[]> {
    const read: Read[] = [];
    let sent = written;
    for (;;) {
      const exchanged: Exchanged = await this.#shared.exchange(sent, this.node, this.place);
      this.place = exchanged.place;
      this.parts += 1;
      if (exchanged.isWhole) this.wholes += 1;
      for (const { ageMs, ...each } of exchanged.rows) {
        assert.ok(ageMs >= 0);
        read.push(each);
      }
      if (!exchanged.hasMore) return read;
      sent = [];
    }
  }
}

export function row(kind: SharedKind, key: string, value: string, at = 0): SharedRow {
  return { kind, key, value, at };
}

export function manyRows(kind: SharedKind, key: string, count: number): readonly SharedRow[] {
  return Array.from({ length: count }, (_, at) => row(kind, `${key} ${at}`, "{}", 9e15));
}

export function gone(kind: SharedKind, key: string): SharedRow {
  return { kind, key, value: null, at: 0 };
}
