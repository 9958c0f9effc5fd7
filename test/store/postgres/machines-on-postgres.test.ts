import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { openDatabase } from "../../../src/node-sqlite.ts";
import { migrate } from "../../../src/store/postgres/migrate.ts";
import { openPool } from "./support/open-pool.ts";
import { PostgresCluster } from "../../../src/store/postgres/postgres-cluster.ts";
import { openReplica } from "../../../src/store/replica/open-replica.ts";
import { type Runtime, SYSTEM } from "../../../src/store/replica/runtime.ts";
import type { IgnoredRow } from "../../../src/store/sqlite/shared/take-rows.ts";
import { LOG_START } from "../../../src/trust/port/change-log.ts";
import type { SessionRecord } from "../../../src/trust/port/desk.ts";
import { SHARED_START, type SharedRow } from "../../../src/trust/port/shared-rows.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { factsOf } from "../../support/certificates.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import {
  ACTOR,
  connectionOf,
  holdOf,
  NOTHING,
  refusalOf,
  strangerCalled,
  until,
} from "../replica/support/machines.ts";
import { PATIENT } from "../replica/support/patient.ts";
import { PostgresServer, postgresPrograms } from "./support/postgres-server.ts";

const [programs] = postgresPrograms();
assert.ok(programs, "no PostgreSQL was found, though npm installs one");

describe("machines that share rows in PostgreSQL", () => {
  let server: PostgresServer;
  before(async () => {
    server = await PostgresServer.open(programs);
  });
  after(() => server[Symbol.asyncDispose]());

  async function openMachines(...names: readonly string[]): Promise<Opened> {
    const schema = `handclasp_${randomUUID().replaceAll("-", "")}`;
    const pool = openPool(server.url(), schema);
    await migrate(await pool.sql(), schema);
    const cluster = new PostgresCluster(pool);
    const ignored: IgnoredRow[] = [];
    const paths = names.map(() => join(temporaryFolder(), "replica.db"));
    const open = (at: number, runtime = SYSTEM): TrustStore =>
      openReplica(paths[at] ?? "", {
        cluster: new PostgresCluster(openPool(server.url(), schema)),
        machine: names[at] ?? "",
        url: server.url(),
        runtime,
        onIgnored: (rows) => void ignored.push(...rows),
      });
    const stores = names.map((_, at) => open(at));
    for (const store of stores) await store.catchUp();
    const close = async (): Promise<void> => {
      await Promise.all(stores.map((store) => store.close()));
      await cluster.close();
    };
    const another = (): PostgresCluster => new PostgresCluster(openPool(server.url(), schema));
    return { cluster, another, stores, paths, open, ignored, [Symbol.asyncDispose]: close };
  }

  it("let in where it waits whom an operator on another machine approves, and list who is there", async () => {
    await using machines = await openMachines("anna", "bert");
    const [anna, bert] = machines.stores;
    assert.ok(anna && bert);
    const stranger = await strangerCalled("carla");
    await anna.apply(holdOf(stranger));
    // A verb asks for all that was told so far; machines tell it within the second.
    await until(async () => {
      await bert.catchUp();
      return bert.key(stranger.pin) !== undefined;
    });
    const approval = { key: stranger.pin, peer: null, onConflict: "fail" } as const;
    await bert.apply({ type: "approve", at: Date.now(), actor: ACTOR, ...approval });
    await until(() => anna.key(stranger.pin)?.state === "trusted");
    await anna.record({ ...NOTHING, opened: [connectionOf(stranger.pin, "c1")], refusals: [refusalOf(1)] });
    await until(async () => (await bert.listConnections({ search: "ann" })).items.length === 1);
    assert.equal((await bert.listConnections()).items[0]?.machine, "anna");
    assert.equal((await anna.listConnections({ search: "ann" })).items[0]?.machine, "anna");
    assert.deepEqual((await bert.listConnections({ search: "bert" })).items, []);
    await until(async () => (await bert.listRefusals()).items[0]?.machine === "anna");
  });

  it("tell each other all that happened while the database was away, once it is back", async () => {
    await using machines = await openMachines("anna", "bert");
    const [anna, bert] = machines.stores;
    assert.ok(anna && bert);
    const pin = factsOf("carla").pin;
    await anna.record({ ...NOTHING, opened: [connectionOf(pin, "before")] });
    await until(async () => (await bert.listConnections()).items.length === 1);
    await server.stop();
    await anna.record({ ...NOTHING, opened: [connectionOf(pin, "c2")], closed: ["before"] });
    for (let at = 0; at < 50; at++) await anna.record({ ...NOTHING, refusals: [refusalOf(at % 5)] });
    // Nobody waits for a database that is away.
    await anna.putSession(sessionOf("5"));
    assert.deepEqual(anna.session("5".repeat(64)), sessionOf("5"));
    await server.start();
    await until(async () => (await bert.listRefusals()).items.length === 5);
    const counts = (await bert.listRefusals()).items.map(({ count }) => count);
    assert.deepEqual(counts, [10, 10, 10, 10, 10]);
    await until(async () => (await bert.listConnections()).items.every(({ id }) => id === "c2"));
    await until(() => bert.session("5".repeat(64)) !== undefined);
  });

  it("list nobody any more who was connected to a process that ended", async () => {
    await using machines = await openMachines("anna", "bert");
    await using bert = machines.open(1, PATIENT);
    const process = machines.open(0, PATIENT);
    await process.record({ ...NOTHING, opened: [connectionOf(factsOf("carla").pin, "c1")] });
    await until(async () => (await bert.listConnections()).items.length === 1);
    await process.close();
    // The replica has other processes, which would tell it a second later.
    await bert.catchUp();
    assert.deepEqual((await bert.listConnections()).items, []);
  });

  it("have nothing twice that two processes on one replica tell", async () => {
    await using machines = await openMachines("anna", "bert");
    const [anna, bert] = machines.stores;
    assert.ok(anna && bert);
    await using second = machines.open(0);
    const pin = factsOf("carla").pin;
    await Promise.all(
      [anna, second].map(async (store, at) => {
        await store.record({ ...NOTHING, opened: [connectionOf(pin, `c${at}`)], refusals: [refusalOf(1)] });
      }),
    );
    await until(async () => (await bert.listConnections()).items.length === 2);
    await until(async () => (await bert.listRefusals()).items[0]?.count === 2);
    assert.equal((await bert.listRefusals()).items.length, 1);
    assert.equal(new Set((await bert.listConnections()).items.map(({ run }) => run)).size, 2);
  });

  it("take nothing of a machine that tells nonsense, say why, and go on", async () => {
    await using machines = await openMachines("anna");
    const [anna] = machines.stores;
    assert.ok(anna);
    const pin = factsOf("carla").pin;
    await anna.record({ ...NOTHING, opened: [connectionOf(pin, "own")] });
    const run = (await anna.listConnections()).items[0]?.run ?? "";
    const stranger = await strangerCalled("dora");
    const certificate = Buffer.from(stranger.der).toString("base64");
    const now = Date.now();
    const waits = { newName: null, firstSeen: now, firstAddress: null, lastSeen: now };
    const connection = { pin, peer: "x", address: "192.0.2.1", since: now, listener: null };
    const refusal = { ...refusalOf(1), machine: "eve" };
    const nonsense: readonly Omit<SharedRow, "at">[] = [
      { kind: "refusal", key: "a", value: "no json" },
      { kind: "refusal", key: "b", value: "[]" },
      { kind: "refusal", key: "c", value: JSON.stringify({ ...refusal, pin: "sha256:no" }) },
      { kind: "refusal", key: "d", value: JSON.stringify({ ...refusal, reason: "'; DROP TABLE keys" }) },
      { kind: "refusal", key: "e", value: JSON.stringify({ ...refusal, address: "nowhere" }) },
      { kind: "refusal", key: "f", value: JSON.stringify({ ...refusal, lastAt: 9e15 }) },
      { kind: "refusal", key: "g", value: JSON.stringify({ ...refusal, peer: "x".repeat(100_000) }) },
      { kind: "run", key: run, value: JSON.stringify({ process: "serve 1", machine: "eve" }) },
      { kind: "run", key: run, value: null },
      { kind: "connection", key: `${run} own`, value: JSON.stringify({ ...connection, peer: "eve" }) },
      { kind: "connection", key: "without", value: JSON.stringify(connection) },
      { kind: "waiting", key: pin, value: JSON.stringify({ ...waits, certificate }) },
      { kind: "waiting", key: stranger.pin, value: JSON.stringify({ ...waits, certificate: "AAAA" }) },
      {
        kind: "waiting",
        key: stranger.pin,
        value: JSON.stringify({ ...waits, certificate, newName: "\u202E" }),
      },
      { kind: "session", key: "a".repeat(64), value: JSON.stringify({ of: "b", via: "force" }) },
      { kind: "setting", key: "server", value: "{" },
      { kind: "setting", key: "server:gw.example:443", value: "{}" },
      { kind: "setting", key: "dropped-refusals", value: "9" },
    ];
    for (const row of nonsense) {
      await machines.cluster.shared.exchange([{ ...row, at: now + 60_000 }], randomUUID(), SHARED_START);
    }
    const good = { ...refusal, peer: "mallory\u001B[2J", connection: "good" };
    await machines.cluster.shared.exchange(
      [{ kind: "refusal", key: "z", value: JSON.stringify(good), at: 0 }],
      randomUUID(),
      SHARED_START,
    );
    await until(async () => (await anna.listRefusals()).items.length === 1);
    assert.equal((await anna.listRefusals()).items[0]?.peer?.includes("\u001B"), false);
    // A run that was never there is gone: nothing was written.
    assert.equal(machines.ignored.length, nonsense.length - 1);
    assert.equal(anna.replication()?.ignored?.count, nonsense.length - 1);
    assert.ok(machines.ignored.every(({ reason }) => reason.length > 5));
    assert.equal(anna.setting("server"), undefined);
    assert.deepEqual(
      (await anna.listConnections()).items.map(({ id, machine, peer }) => [id, machine, peer]),
      [["own", "anna", "carla"]],
    );
    assert.equal(anna.key(stranger.pin), undefined);
    assert.deepEqual(anna.check().problems, []);
  });

  it("leave the log as long as it was under a flood from all of them, and bound the rows", async () => {
    await using machines = await openMachines("anna", "bert", "carla");
    const strangers = await Promise.all(
      Array.from({ length: 90 }, (_, at) => strangerCalled(`stranger-${at}`)),
    );
    await Promise.all(
      strangers.map(async (facts, at) => {
        const store = machines.stores[at % 3];
        await store?.apply(holdOf(facts, { maxPending: 10 }));
        await store?.record({
          ...NOTHING,
          refusals: [refusalOf(at)],
          seen: [{ pin: facts.pin, at: Date.now() }],
        });
      }),
    );
    for (const store of machines.stores) {
      await until(async () => (await store.listKeys()).items.length === 30);
      await until(async () => (await store.listRefusals()).items.length === 90);
    }
    assert.equal((await machines.cluster.log.read(LOG_START, 1)).head.position, 0);
    const { rows } = await machines.cluster.shared.exchange([], randomUUID(), SHARED_START);
    assert.equal(rows.length, 120);
  });

  it("begin anew with a replica that was lost, and forget the machine that it was", async () => {
    await using machines = await openMachines("anna", "bert");
    const [anna, bert] = machines.stores;
    assert.ok(anna && bert);
    const stranger = await strangerCalled("carla");
    await anna.apply(holdOf(stranger));
    await anna.record({ ...NOTHING, refusals: [refusalOf(1)] });
    await until(() => bert.key(stranger.pin) !== undefined);
    await until(async () => (await bert.listRefusals()).items.length === 1);
    await using third = openReplica(join(temporaryFolder(), "replica.db"), {
      cluster: machines.another(),
      machine: "new",
      url: server.url(),
      runtime: PATIENT,
    });
    await third.catchUp();
    assert.equal(third.key(stranger.pin)?.state, "pending");
    assert.equal((await third.listRefusals()).items[0]?.machine, "anna");
    const database = openDatabase(machines.paths[1] ?? "");
    const untold = database.prepare("SELECT count(*) AS count FROM untold").get();
    database.close();
    assert.equal(untold?.["count"], 0, "what others told is not told again");
  });
});

interface Opened extends AsyncDisposable {
  readonly cluster: PostgresCluster;
  /** Connections of its own to the same. */
  another(): PostgresCluster;
  readonly stores: readonly TrustStore[];
  readonly paths: readonly string[];
  /** The replica of a machine once more, as another process has it. */
  open(at: number, runtime?: Runtime): TrustStore;
  readonly ignored: readonly IgnoredRow[];
}

function sessionOf(digit: string): SessionRecord {
  return {
    hash: digit.repeat(64),
    of: "f".repeat(64),
    via: "link",
    user: "olga",
    createdAt: 1,
    expires: 9e12,
  };
}
