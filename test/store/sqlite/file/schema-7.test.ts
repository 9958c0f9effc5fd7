import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { Operator } from "../../../../src/operator/operator.ts";
import { createSchema, MIGRATIONS, SCHEMA } from "../../../../src/store/sqlite/file/schema.ts";
import { openSqliteStore } from "../../../../src/store/sqlite/sqlite-store.ts";
import { hashOfSecret } from "../../../../src/trust/naming/api-token.ts";
import { randomPin } from "../../../support/certificates.ts";
import { newPath } from "../support/stores.ts";

const AT = Date.UTC(2030, 0, 1);

describe("a store of schema 7, from before operators had API tokens", () => {
  it("keeps its keys and groups, and knows API tokens and sessions from then on", async () => {
    const path = newPath();
    const pin = randomPin();
    const database = new DatabaseSync(path);
    createSchema(database, MIGRATIONS.slice(0, 7));
    const key = `INSERT INTO keys (pin, state, peer, name_key, source, fingerprint, first_seen, stale_seen, place, searched)
      VALUES (?,'trusted','anna','anna','first-use','00',?,0,?,'anna')`;
    database.prepare(key).run(pin, AT, AT);
    database.prepare("INSERT INTO group_members VALUES ('anna','operators','operators',?)").run(AT);
    database.close();
    await using store = openSqliteStore(path);
    assert.equal(store.stats().schema, SCHEMA);
    assert.deepEqual([store.key(pin)?.peer, store.groupsOf("anna")], ["anna", ["operators"]]);
    const operator = new Operator(store, { user: "olga", process: "test 1", now: () => AT });
    const { token } = await operator.createApiToken({ name: "CI", scope: "read", expires: AT + 9e6 });
    assert.equal(store.apiToken(hashOfSecret(token))?.name, "CI");
    const times = { createdAt: AT, expires: AT + 9e6 };
    await store.putSession({ hash: "00", of: "link", via: "link", user: null, ...times });
    assert.equal(store.session("00")?.via, "link");
    assert.deepEqual(store.check().problems, []);
  });
});
