import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { describe, it } from "node:test";
import { MemoryChangeLog } from "../../../src/store/log/memory-change-log.ts";
import { connect, openSqliteFile } from "../../../src/store/sqlite/file/sqlite-file.ts";
import { ReplicaRow } from "../../../src/store/replica/replica-row.ts";
import { SqliteWriter } from "../../../src/store/sqlite/writing/sqlite-writer.ts";
import type { Done } from "../../../src/store/sqlite/writing/write-result.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import { LOG_START } from "../../../src/trust/port/change-log.ts";
import { prepareChange } from "../../../src/trust/prepare-change.ts";
import { RULES } from "../../../src/trust/rules.ts";
import { factsOf } from "../../support/certificates.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { ACTOR, holdOf, NOTHING, openMachines, strangerCalled, until } from "./support/machines.ts";

/** As SQLite says it: whether a commit waits for the disk. */
const WAITS = 2;
const WAITS_NOT = 1;

describe("a replica in a file", () => {
  it("waits for the disk for what is nowhere else, and not for what the log says again", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "replica.db");
    openSqliteFile(path).close();
    const database = connect(path);
    const { node } = new ReplicaRow(database, randomUUID);
    const writer = new SqliteWriter(database);
    const log = new MemoryChangeLog(() => Date.now());
    const written = (write: Parameters<SqliteWriter["write"]>[0][number]): Done => {
      const [done] = writer.write([write]);
      assert.ok(done?.ok);
      return done;
    };
    const waits = (): unknown => database.prepare("PRAGMA synchronous").get()?.["synchronous"];
    assert.equal(waits(), WAITS);

    const { text } = written({ kind: "settle", change: prepareChange(claimOf(factsOf("anna"))) });
    assert.ok(typeof text === "string");
    await log.append([{ id: randomUUID(), change: text }], { node, rules: RULES });
    const { entries } = await log.read(LOG_START, 10);
    written({ kind: "entries", entries });
    assert.equal(waits(), WAITS_NOT);

    const held = written({ kind: "settle", change: prepareChange(holdOf(await strangerCalled("bert"))) });
    assert.equal(held.text, null);
    assert.equal(waits(), WAITS, "a key that waits here is on the disk before its owner is told");

    written({ kind: "up-to-date", at: Date.now() });
    assert.equal(waits(), WAITS_NOT);
    const change = prepareChange({ type: "revoke", at: Date.now(), actor: ACTOR, key: "anna" });
    assert.ok(change.type === "revoke");
    written({ kind: "bar-here", id: randomUUID(), change });
    assert.equal(waits(), WAITS, "a key that is barred here alone stays barred");
    database.close();
  });
});

describe("a machine whose first change cannot be done", () => {
  it("has others told of what comes after it all the same", async () => {
    await using machines = openMachines("anna", "bert");
    const [anna, bert] = machines.stores;
    assert.ok(anna && bert);
    await assert.rejects(anna.apply({ type: "revoke", at: Date.now(), actor: ACTOR, key: "nobody" }));
    const stranger = await strangerCalled("carla");
    await anna.record(NOTHING);
    await anna.apply(holdOf(stranger));
    await until(async () => bert.key(stranger.pin)?.state === "pending");
  });
});
