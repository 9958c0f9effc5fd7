import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { describe, it } from "node:test";
import { openSqliteStore } from "../../../../src/store/sqlite/sqlite-store.ts";
import { claimOf } from "../../../../src/testing/contract/claims.ts";
import { factsOf } from "../../../support/certificates.ts";
import { newPath } from "../support/stores.ts";

const MIB = 1024 * 1024;

describe("the write-ahead log of a store", () => {
  it("shrinks again after a flood, though the store stays open", async () => {
    const path = newPath();
    await using store = openSqliteStore(path);
    const flood = Array.from({ length: 400 }, (_, index) =>
      factsOf(`peer-${index}`, { der: randomBytes(40_000) }),
    );
    await Promise.all(flood.map((facts) => store.apply(claimOf(facts))));
    assert.ok(statSync(`${path}-wal`).size > 8 * MIB);
    for (let write = 0; write < 20; write++) await store.putSetting("written since", String(write));
    assert.ok(statSync(`${path}-wal`).size <= 4 * MIB);
  });
});
