import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { createSchema } from "../../src/store/sqlite/file/schema.ts";
import { SqliteTables } from "../../src/store/sqlite/tables/sqlite-tables.ts";
import { claimOf } from "../../src/testing/contract/claims.ts";
import { applyChange } from "../../src/trust/changes/apply-change.ts";
import type { Change } from "../../src/trust/records/change.ts";
import type { KeyRecord } from "../../src/trust/records/key-record.ts";
import { prepareChange } from "../../src/trust/prepare-change.ts";
import { toSeenCertificate } from "../../src/trust/judging/seen-certificate.ts";
import { factsOf } from "../support/certificates.ts";

const AT = Date.UTC(2030, 0, 1);
const ORIGIN = {
  at: AT,
  actor: { user: "olga", process: "test 1", address: null, listener: null },
};
const KEYS = 20;
const WAITING = 50;

/** Counts how many rows of keys it reads by a name or a conflict, and how many it writes. */
class CountingTables extends SqliteTables {
  rows = 0;
  apply(change: Change): void {
    applyChange(this, prepareChange(change));
  }
  override keysOfName(name: string): readonly KeyRecord[] {
    return this.#counted(super.keysOfName(name));
  }
  override keysWaitingFor(name: string): readonly KeyRecord[] {
    return this.#counted(super.keysWaitingFor(name));
  }
  override conflictsOf(pin: KeyRecord["pin"]): readonly KeyRecord[] {
    return this.#counted(super.conflictsOf(pin));
  }
  override putKey(key: KeyRecord): void {
    this.rows++;
    super.putKey(key);
  }
  #counted(keys: readonly KeyRecord[]): readonly KeyRecord[] {
    this.rows += keys.length;
    return keys;
  }
}

describe("a peer of many keys whose name many strangers claim", () => {
  it("costs what the ones and the others do, and not the product of both", () => {
    const database = new DatabaseSync(":memory:");
    createSchema(database);
    const tables = new CountingTables(database);
    const pending = { pendingExpires: AT + 1e9, maxPending: 1000 };
    let newest = factsOf("anna");
    tables.apply(claimOf(newest, pending));
    const rotate = (): void => {
      const next = factsOf("anna");
      const endorsedBy = { pin: newest.pin, issuedAt: AT };
      tables.apply({
        type: "rotate",
        ...ORIGIN,
        ...pending,
        certificate: toSeenCertificate(next),
        endorsedBy,
      });
      newest = next;
    };
    for (let index = 1; index < KEYS; index++) rotate();
    for (let index = 0; index < WAITING; index++) tables.apply(claimOf(factsOf("Anna"), pending));
    const undo = (): void => tables.apply({ type: "undo", ...ORIGIN, sequence: tables.head().sequence });
    const acts: Readonly<Record<string, () => void>> = {
      rotate,
      rename: () => tables.apply({ type: "rename", ...ORIGIN, key: "anna", peer: "berta" }),
      "undo rename": undo,
      revoke: () => tables.apply({ type: "revoke", ...ORIGIN, key: "anna" }),
      forget: () => tables.apply({ type: "forget", ...ORIGIN, key: "anna" }),
    };
    for (const [what, act] of Object.entries(acts)) {
      tables.rows = 0;
      act();
      assert.ok(tables.rows < 8 * (KEYS + WAITING), `${what}: ${tables.rows} rows`);
    }
    const inConflict = database.prepare("SELECT pin FROM keys WHERE conflicts_with IS NOT NULL").all();
    assert.deepEqual(inConflict, []);
    database.close();
  });
});
