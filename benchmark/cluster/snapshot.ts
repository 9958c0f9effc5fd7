// A new machine that starts from a snapshot: how long it takes, and how much memory and disk.
//
//     node benchmark/cluster/snapshot.ts [--peers 1000000]
import { fork } from "node:child_process";
import { hash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { copyToCluster } from "../../src/store/copy-store.ts";
import { openCluster } from "../../src/store/open-cluster.ts";
import { sumOfRows } from "../../src/store/sqlite/digest/trust-digest.ts";
import { connect } from "../../src/store/sqlite/file/sqlite-file.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { SqliteTables } from "../../src/store/sqlite/tables/sqlite-tables.ts";
import { StoreUrl } from "../../src/trust/port/store-url.ts";
import { CHAIN_START, sealEvent } from "../../src/trust/records/events.ts";
import type { KeyPin } from "../../src/trust/records/key-record.ts";
import { bundledProgram } from "./bundled-program.ts";
import { PostgresServer, postgresPrograms } from "../../test/store/postgres/support/postgres-server.ts";

/** What a new machine needed. */
export interface SnapshotCost {
  readonly peers: number;
  /** To put the snapshot beside the log. */
  readonly makeSeconds: number;
  /** From the start of the process until all is there. */
  readonly startSeconds: number;
  /** The most that it had of each, with what belongs to the file. */
  readonly diskBytes: number;
  readonly memoryBytes: number;
}

const CERTIFICATE_BYTES = 500;
const AT = Date.UTC(2026, 0, 1);
const LOOK_MS = 100;

/** Fills a database with peers, and has a new machine start from a snapshot of them. */
export async function snapshotCost(postgres: PostgresServer, peers: number): Promise<SnapshotCost> {
  const folder = mkdtempSync(join(tmpdir(), "handclasp-bench-"));
  try {
    const store = join(folder, "trust.db");
    await fill(store, peers);
    const url = (name: string): string =>
      `${postgres.url()}?replica=${join(folder, name, "replica.db")}&schema=snapshots_${peers}`;
    const begun = performance.now();
    await copyTo(url("copy"), store);
    const makeSeconds = (performance.now() - begun) / 1000;
    rmSync(store);
    return { peers, makeSeconds, ...(await startMachine(url("new"), join(folder, "new"))) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function copyTo(url: string, store: string): Promise<void> {
  const { cluster: address, file } = StoreUrl.parse(url, () => tmpdir());
  if (address === null || file === null) throw new Error(`${url} is not shared`);
  const cluster = openCluster({ address, file }, "benchmark");
  try {
    await copyToCluster(store, cluster);
  } finally {
    await cluster.close();
  }
}

async function startMachine(
  url: string,
  folder: string,
): Promise<Pick<SnapshotCost, "startSeconds" | "diskBytes" | "memoryBytes">> {
  const program = await bundledProgram("new-machine");
  const begun = performance.now();
  const child = fork(program, [url], { execArgv: [] });
  let diskBytes = 0;
  const timer = setInterval(() => (diskBytes = Math.max(diskBytes, bytesIn(folder))), LOOK_MS);
  const [memoryBytes] = (await once(child, "message")) as [number];
  const startSeconds = (performance.now() - begun) / 1000;
  clearInterval(timer);
  child.disconnect();
  await once(child, "exit");
  return { startSeconds, diskBytes, memoryBytes };
}

function bytesIn(folder: string): number {
  let bytes = 0;
  try {
    for (const name of readdirSync(folder)) bytes += statSync(join(folder, name)).size;
  } catch {
    // It is not there yet, or a file is gone by now.
  }
  return bytes;
}

/** Peers with a certificate and an event each, as first use leaves them. */
async function fill(path: string, peers: number): Promise<void> {
  await openSqliteStore(path).close();
  const database = connect(path);
  const tables = new SqliteTables(database);
  database.exec("PRAGMA synchronous = OFF; BEGIN");
  const event = database.prepare("INSERT INTO events (sequence, json, hash, reached) VALUES (?, ?, ?, ?)");
  const certificate = database.prepare(
    "INSERT INTO certificates (key, fingerprint, der, added_at) SELECT number, ?, ?, ? FROM keys WHERE pin = ?",
  );
  const indexes = database
    .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL")
    .all();
  for (const { name } of indexes) database.exec(`DROP INDEX ${String(name)}`);
  // In the order of the rows, which is quicker.
  const pins = Array.from({ length: peers }, (): KeyPin => `sha256:${randomBytes(32).toString("base64")}`);
  let head = CHAIN_START;
  for (const [index, pin] of pins.toSorted().entries()) {
    const der = randomBytes(CERTIFICATE_BYTES);
    const peer = `peer-${index}`;
    const fingerprint = hash("sha256", der);
    const at = AT + index;
    tables.putKey({
      pin,
      state: "trusted",
      peer,
      nameKey: peer,
      claimedName: peer,
      claimedKey: peer,
      newName: null,
      newKey: null,
      source: "first-use",
      fingerprint,
      firstSeen: at,
      firstAddress: "192.0.2.1",
      expires: null,
      conflictsWith: null,
      staleSeen: false,
      endorsesFrom: 0,
      note: null,
      version: 2 * index + 4,
    });
    certificate.run(fingerprint, der, at, pin);
    const sealed = sealEvent(head, {
      type: "met",
      at,
      actor: { user: null, process: "gateway 4711", address: "192.0.2.1", listener: "main" },
      pin,
      peer,
      before: null,
      after: "trusted",
      details: { source: "first-use" },
    });
    event.run(sealed.sequence, sealed.json, sealed.hash, at);
    head = sealed;
  }
  for (const { sql } of indexes) database.exec(String(sql));
  database.prepare("UPDATE key_versions SET decided = ?").run(2 * peers + 4);
  database.prepare("UPDATE decided_sum SET sum = ?").run(sumOfRows(database));
  database.exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { peers: { type: "string", default: "100000" } },
  });
  const [programs] = postgresPrograms();
  if (programs === undefined) throw new Error("no PostgreSQL was found, though npm installs one");
  await using postgres = await PostgresServer.open(programs);
  console.log(JSON.stringify(await snapshotCost(postgres, Number(values.peers))));
}
