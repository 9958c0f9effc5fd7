import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { sumOfRows } from "../../../../src/store/sqlite/digest/trust-digest.ts";
import { NUMBERED_KEYS } from "../../../../src/store/sqlite/file/numbered-keys.ts";
import { createSchema, MIGRATIONS } from "../../../../src/store/sqlite/file/schema.ts";
import { openSqliteStore } from "../../../../src/store/sqlite/sqlite-store.ts";
import { randomPin } from "../../../support/certificates.ts";
import { newPath } from "../support/stores.ts";

const AT = Date.UTC(2030, 0, 1);
const FORMER = MIGRATIONS.slice(0, MIGRATIONS.indexOf(NUMBERED_KEYS));

describe("a store from before keys had numbers", () => {
  it("is brought up, with the certificates of each key and when it was seen", async () => {
    const path = newPath();
    const database = new DatabaseSync(path);
    createSchema(database, FORMER);
    const pins = Array.from({ length: 20 }, () => randomPin());
    const key = database.prepare(
      `INSERT INTO keys (pin, state, peer, name_key, source, fingerprint, first_seen, stale_seen)
         VALUES (?, 'trusted', ?, ?, 'first-use', ?, ?, 0)`,
    );
    const certificate = database.prepare(
      "INSERT INTO certificates (pin, fingerprint, der, added_at) VALUES (?, ?, ?, ?)",
    );
    const seen = database.prepare("INSERT INTO seen VALUES (?, ?)");
    for (const [index, pin] of pins.entries()) {
      key.run(pin, `peer-${index}`, `peer-${index}`, nthFingerprint(index), AT);
      if (index > 0) seen.run(pin, AT + index);
    }
    for (const [index, pin] of [...pins.entries(), ...pins.entries()].slice(5, 25))
      certificate.run(pin, nthFingerprint(index), randomBytes(40), AT + index);
    certificate.run(randomPin(), nthFingerprint(99), randomBytes(40), AT);
    database.prepare("UPDATE decided_sum SET sum = ?").run(sumOfRows(database));
    database.close();

    await using store = openSqliteStore(path);
    for (const [index, pin] of pins.entries()) {
      assert.deepEqual(
        (await store.listCertificates(pin)).map(({ pin: of, fingerprint, addedAt }) => ({
          of,
          fingerprint,
          addedAt,
        })),
        [{ of: pin, fingerprint: nthFingerprint(index), addedAt: AT + index }],
      );
      const [listed] = (await store.listKeys({ pins: [pin] })).items;
      assert.equal(listed?.lastSeen, index === 0 ? null : AT + index);
    }
    assert.equal(store.stats().certificates, pins.length, "one of no key is gone");
    assert.deepEqual(store.check().problems, []);
  });
});

function nthFingerprint(index: number): string {
  return index.toString(16).padStart(64, "0");
}
