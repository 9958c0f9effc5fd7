import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { createSchema, MIGRATIONS, NEVER } from "../../../../src/store/sqlite/file/schema.ts";
import { openSqliteStore } from "../../../../src/store/sqlite/sqlite-store.ts";
import { randomPin } from "../../../support/certificates.ts";
import { newPath } from "../support/stores.ts";

const AT = Date.UTC(2030, 0, 1);

describe("a store of schema 6, whose keys say nothing when they were never seen", () => {
  it("has those found by not having been seen, and the others by when they were", async () => {
    const path = newPath();
    const [seen, never] = [randomPin(), randomPin()];
    const database = new DatabaseSync(path);
    createSchema(database, MIGRATIONS.slice(0, 6));
    const key = database.prepare(
      `INSERT INTO keys (pin, state, peer, name_key, source, fingerprint, first_seen, place, searched, stale_seen)
         VALUES (?1,'trusted',?2,?2,'import','00',?3,?4,?2,0)`,
    );
    key.run(seen, "anna", AT, AT);
    key.run(never, "ben", null, NEVER);
    database.prepare("INSERT INTO seen VALUES (?,?)").run(seen, AT + 5);
    database.exec(`INSERT INTO group_members VALUES ('ben','lab','Lab',${AT})`);
    database.close();
    await using store = openSqliteStore(path);
    const lists = [{ seenBefore: AT }, { seenSince: AT }, { groups: ["lab"] }, { notGroups: ["lab"] }];
    const found = await Promise.all(lists.map(async (filter) => store.listKeys(filter)));
    assert.deepEqual(
      found.map(({ items }) => items.map(({ peer, lastSeen }) => [peer, lastSeen])),
      [[["ben", null]], [["anna", AT + 5]], [["ben", null]], [["anna", AT + 5]]],
    );
    assert.deepEqual(store.stats().keys, { pending: 0, trusted: 2, revoked: 0, ignored: 0, retired: 0 });
  });
});
