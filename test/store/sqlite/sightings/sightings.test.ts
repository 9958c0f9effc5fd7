import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openSqliteStore } from "../../../../src/store/sqlite/sqlite-store.ts";
import type { RefusalSighting } from "../../../../src/trust/port/ledger.ts";
import { everyItem } from "../../../../src/trust/port/page.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";

const AT = Date.UTC(2030, 0, 1);

function refusalOf(reason: RefusalSighting["reason"], at: number): RefusalSighting {
  return {
    pin: null,
    reason,
    detail: null,
    problem: null,
    fingerprint: null,
    peer: null,
    address: `2001:db8::${at.toString(16)}`,
    listener: null,
    connection: `${reason} ${at}`,
    firstAt: AT + at,
    lastAt: AT + at,
    count: 1,
  };
}

function many(reason: RefusalSighting["reason"], count: number, from: number): readonly RefusalSighting[] {
  return Array.from({ length: count }, (_, index) => refusalOf(reason, from + index));
}

describe("refusals in a store that has no room for more", () => {
  it("make room among those whose reason has the most: a flood hides no refusal of another kind", async () => {
    await using store = openSqliteStore(join(temporaryFolder(), "trust.db"));
    const record = (refusals: readonly RefusalSighting[]): Promise<void> =>
      store.record({ seen: [], refusals, opened: [], closed: [] });
    await record([...many("key-changed", 3, 0), ...many("revoked", 2, 10)]);
    await record(many("path-not-allowed", 9_000, 1_000));
    await record(many("pending", 6_000, 20_000));
    await record(many("path-not-allowed", 3_000, 30_000));
    const counts: Record<string, number> = {};
    const list = (page: { readonly after?: string }): ReturnType<typeof store.listRefusals> =>
      store.listRefusals({ ...page, limit: 1000 });
    for await (const { reason } of everyItem(list)) counts[reason] = (counts[reason] ?? 0) + 1;
    const { "path-not-allowed": denied = 0, pending = 0, ...others } = counts;
    assert.deepEqual(others, { "key-changed": 3, revoked: 2 });
    assert.equal(denied + pending, 9_995);
    assert.ok(Math.abs(denied - pending) <= 1, `${denied} and ${pending}`);
    assert.equal(store.stats().dropped.refusals, 8_005);
    assert.equal((await store.listRefusals({ limit: 1 })).items[0]?.connection, "path-not-allowed 32999");
  });
});
