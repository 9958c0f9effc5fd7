import assert from "node:assert/strict";
import type { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, it } from "node:test";
import { openDatabase } from "../../../../src/node-sqlite.ts";
import { createSchema } from "../../../../src/store/sqlite/file/schema.ts";
import { ReplicaReader } from "../../../../src/store/replica/replica-reader.ts";
import { CERTIFICATE_OF_KEY } from "../../../../src/store/sqlite/lists/rows.ts";
import { TrustDigest } from "../../../../src/store/sqlite/digest/trust-digest.ts";
import { encodeSnapshotPart } from "../../../../src/store/sqlite/snapshot/snapshot-part.ts";
import { SnapshotLoader } from "../../../../src/store/sqlite/snapshot/snapshot-loader.ts";
import { checkDatabase } from "../../../../src/store/sqlite/tables/check-database.ts";
import { SqliteTables } from "../../../../src/store/sqlite/tables/sqlite-tables.ts";
import { CHAIN_START } from "../../../../src/trust/records/events.ts";
import { factsOf } from "../../../support/certificates.ts";
import type { Snapshot } from "../../../../src/trust/port/snapshot-shelf.ts";
import type { CertificateRecord, KeyPin } from "../../../../src/trust/records/key-record.ts";
import type { MemoryNode } from "../../replica/support/memory-node.ts";
import { confirmed, filled, MemoryNodes } from "../../replica/support/snapshots.ts";

const nodes = new MemoryNodes();
let node: MemoryNode;
let parts: readonly Uint8Array[];
/** As large as those are of which indexes are made when all rows are there. */
let large: Snapshot;

beforeEach(async () => {
  const { cluster, node: of } = await filled(nodes);
  node = of;
  const snapshot = await confirmed(cluster, node);
  const numbers = Array.from({ length: snapshot.parts }, (_, part) => part);
  parts = await Promise.all(numbers.map((part) => cluster.snapshots.part(snapshot.id, part)));
  large = { ...snapshot, bytes: 100_000_000 };
});

afterEach(() => nodes[Symbol.asyncDispose]());

function emptyReplica(): DatabaseSync {
  const database = openDatabase(":memory:");
  createSchema(database);
  return database;
}

function isPlaced(database: DatabaseSync): boolean {
  return database.prepare("SELECT 1 FROM log_place").get() !== undefined;
}

function schemaOf(database: DatabaseSync): unknown {
  return database.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY name").all();
}

/** By a loader of its own for each step, as after a restart. */
function finish(database: DatabaseSync, snapshot: Snapshot): number {
  let steps = 0;
  for (; !isPlaced(database); steps++) new SnapshotLoader(database).finish(snapshot);
  return steps;
}

describe("a large snapshot that is taken in", () => {
  it("leaves a replica as others are, with each index, whatever process does the next step", () => {
    const database = emptyReplica();
    const before = schemaOf(database);
    for (const [part, bytes] of parts.entries()) {
      new SnapshotLoader(database).take(large, part, bytes);
      assert.notDeepEqual(schemaOf(database), before);
    }
    assert.ok(finish(database, large) > 2);
    assert.deepEqual(schemaOf(database), before);
    assert.deepEqual(new ReplicaReader(database).standing(), new ReplicaReader(node.database).standing());
    const { chain, rows, problems } = checkDatabase(database);
    assert.deepEqual([chain.broken, rows?.differences, problems], [null, [], []]);
    const unseen = "SELECT count(*) AS count FROM keys WHERE number NOT IN (SELECT key FROM seen)";
    assert.equal(database.prepare(unseen).get()?.["count"], 0);
  });

  it("leaves nothing, and each index, when it is given up while indexes are made", () => {
    const database = emptyReplica();
    const before = schemaOf(database);
    const loader = new SnapshotLoader(database);
    for (const [part, bytes] of parts.entries()) loader.take(large, part, bytes);
    loader.finish(large);
    loader.drop(large);
    assert.deepEqual(schemaOf(database), before);
    for (const table of ["keys", "certificates", "events", "seen", "snapshot_load"])
      assert.equal(database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.["count"], 0, table);
  });

  it("has a key that waits here give way to what the log says of it", () => {
    const database = emptyReplica();
    const pin = node.database.prepare("SELECT pin FROM keys WHERE state = 'trusted'").get()?.[
      "pin"
    ] as KeyPin;
    const key = node.tables.key(pin) ?? assert.fail();
    new SqliteTables(database).putKey({ ...key, state: "pending", expires: 1, note: null, version: 3 });
    const certificates = `SELECT c.fingerprint AS fingerprint, der, added_at
      FROM certificates AS c JOIN keys ON keys.number = c.key WHERE pin = ?`;
    const there = node.database.prepare(certificates).all(pin) as { fingerprint: string; der: Uint8Array }[];
    for (const { fingerprint, der } of there)
      new SqliteTables(database).putCertificate({ pin, fingerprint, der, addedAt: 1 });
    const loader = new SnapshotLoader(database);
    for (const [part, bytes] of parts.entries()) loader.take(large, part, bytes);
    finish(database, large);
    assert.deepEqual(new SqliteTables(database).key(pin), key);
    assert.deepEqual([there.length, database.prepare(certificates).all(pin).length], [1, 1]);
  });

  it("has the certificates of a key that waited here in the order in which others saw them", () => {
    const database = emptyReplica();
    const several = node.database
      .prepare(
        `SELECT pin FROM certificates AS c JOIN keys ON keys.number = c.key WHERE expires IS NULL OR state <> 'pending'
           GROUP BY pin HAVING count(*) > 1`,
      )
      .get();
    const pin = several?.["pin"] as KeyPin;
    const key = node.tables.key(pin) ?? assert.fail();
    const newest = node.database
      .prepare(`${CERTIFICATE_OF_KEY} ORDER BY c.number DESC`)
      .get(pin, key.fingerprint) as unknown as CertificateRecord;
    const tables = new SqliteTables(database);
    tables.putKey({ ...key, state: "pending", expires: 1, note: null, version: 3 });
    tables.putCertificate(newest);
    const loader = new SnapshotLoader(database);
    for (const [part, bytes] of parts.entries()) loader.take(large, part, bytes);
    finish(database, large);
    const sql = `SELECT c.fingerprint FROM certificates AS c JOIN keys ON keys.number = c.key
      WHERE pin = ? ORDER BY c.number`;
    assert.deepEqual(database.prepare(sql).all(pin), node.database.prepare(sql).all(pin));
  });

  it("gives nothing to a key that waits here and that it does not have", () => {
    const database = emptyReplica();
    const digest = new TrustDigest(database).kept();
    const tables = new SqliteTables(database);
    const [own, others] = [factsOf("anna"), factsOf("mallory")];
    const { pin, fingerprint, der } = own;
    const known = node.database.prepare("SELECT pin FROM keys WHERE state = 'trusted'").get();
    const key = node.tables.key(known?.["pin"] as KeyPin) ?? assert.fail();
    tables.putKey({ ...key, pin, fingerprint, state: "pending", expires: 1, note: null, version: 3 }, 5);
    tables.putCertificate({ pin, fingerprint, der, addedAt: 1 });
    const certificates = {
      table: "certificates",
      columns: ["pin", "fingerprint", "der", "added_at"],
      bytes: ["der"],
      rows: [[pin, others.fingerprint, others.der, 2]],
    };
    const moments = { table: "seen", columns: ["pin", "last_seen"], bytes: [], rows: [[pin, 4e12]] };
    const forged = { ...large, parts: 2, head: CHAIN_START, digest };
    const loader = new SnapshotLoader(database);
    for (const [part, rows] of [certificates, moments].entries())
      loader.take(forged, part, encodeSnapshotPart(rows));
    finish(database, forged);
    assert.deepEqual(tables.keysByFingerprint(others.fingerprint), []);
    assert.equal(database.prepare("SELECT last_seen FROM seen").get()?.["last_seen"], 5);
  });

  it("takes no part twice, nor one that is not the next", () => {
    const database = emptyReplica();
    const loader = new SnapshotLoader(database);
    const [first = assert.fail(), ...others] = parts;
    loader.take(large, 1, others[0] ?? assert.fail());
    loader.take(large, 0, first);
    for (const [at, bytes] of others.entries()) loader.take(large, at + 2, bytes);
    for (const [part, bytes] of parts.entries()) {
      loader.take(large, part, bytes);
      loader.take(large, part, bytes);
    }
    finish(database, large);
    assert.deepEqual(new ReplicaReader(database).standing(), new ReplicaReader(node.database).standing());
  });
});
