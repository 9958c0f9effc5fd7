import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openDatabase } from "../../../../src/node-sqlite.ts";
import { SqliteTables } from "../../../../src/store/sqlite/tables/sqlite-tables.ts";
import { openSqliteStore } from "../../../../src/store/sqlite/sqlite-store.ts";
import type { Change } from "../../../../src/trust/records/change.ts";
import { toSeenCertificate } from "../../../../src/trust/judging/seen-certificate.ts";
import type { TrustStore } from "../../../../src/trust/port/trust-store.ts";
import { claimOf } from "../../../../src/testing/contract/claims.ts";
import { factsOf } from "../../../support/certificates.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";

const ACTOR = { user: "test", process: "test 1", address: null, listener: null };

/** Two connections to one store: what one acknowledges the other must know at once. */
function twoStores(): { one: TrustStore; other: TrustStore } {
  const path = join(temporaryFolder(), "trust.db");
  return { one: openSqliteStore(path), other: openSqliteStore(path) };
}

describe("a key that was looked up before", () => {
  const anna = factsOf("anna");
  const renewed = factsOf("anna", { pin: anna.pin });
  const origin = { at: 1, actor: ACTOR };
  const changes: readonly (readonly [string, Change, Partial<Record<string, unknown>> | undefined])[] = [
    ["revoked", { type: "revoke", ...origin, key: anna.pin }, { state: "revoked" }],
    ["ignored", { type: "ignore", ...origin, key: anna.pin }, { state: "ignored" }],
    ["forgotten", { type: "forget", ...origin, key: anna.pin }, undefined],
    ["renamed", { type: "rename", ...origin, key: anna.pin, peer: "anna of old" }, { peer: "anna of old" }],
    [
      "given an end",
      { type: "approve", ...origin, key: anna.pin, peer: null, onConflict: "fail", expires: 5 },
      { expires: 5 },
    ],
    [
      "renewed",
      { type: "renew", ...origin, certificate: toSeenCertificate(renewed) },
      { fingerprint: renewed.fingerprint },
    ],
  ];
  for (const [what, change, expected] of changes) {
    it(`is known as ${what} by the very next lookup, whoever did it`, async () => {
      const { one, other } = twoStores();
      await one.apply(claimOf(anna));
      for (const store of [one, other]) {
        for (let times = 0; times < 3; times++) assert.equal(store.key(anna.pin)?.state, "trusted");
      }
      await other.apply(change);
      for (const store of [one, other]) {
        const key = store.key(anna.pin);
        if (expected === undefined) assert.equal(key, undefined);
        else assert.deepEqual({ ...key, ...expected }, { ...key });
        assert.equal(key === undefined, expected === undefined);
      }
      await one.close();
      await other.close();
    });
  }

  it("is not kept for what it was when its next certificate comes behind one that is gone", async () => {
    const path = join(temporaryFolder(), "trust.db");
    await using store = openSqliteStore(path);
    await store.apply(claimOf(anna));
    const key = store.key(anna.pin) ?? assert.fail();
    using database = openDatabase(path);
    const tables = new SqliteTables(database);
    const { pin, fingerprint, der } = factsOf("stranger");
    tables.putKey({ ...key, pin, fingerprint, state: "pending", peer: null, nameKey: null, expires: 9 });
    tables.putCertificate({ pin, fingerprint, der, addedAt: 2 });
    assert.equal(store.key(anna.pin)?.fingerprint, anna.fingerprint);
    database.exec("BEGIN");
    tables.deleteKey(pin);
    tables.putKey({ ...key, fingerprint: renewed.fingerprint });
    tables.putCertificate({ ...toSeenCertificate(renewed), addedAt: 3 });
    database.exec("COMMIT");
    assert.equal(store.key(anna.pin)?.fingerprint, renewed.fingerprint);
  });

  it("is not looked up again when only sightings were written", async () => {
    const { one, other } = twoStores();
    await one.apply(claimOf(anna));
    const before = one.key(anna.pin);
    await other.record({ seen: [{ pin: anna.pin, at: 9 }], refusals: [], opened: [], closed: [] });
    assert.equal(one.key(anna.pin), before);
    await one.close();
    await other.close();
  });
});
