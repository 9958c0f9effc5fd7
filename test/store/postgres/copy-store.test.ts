import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { compactLog, planCompact, takeSnapshot } from "../../../src/store/compact-log.ts";
import { copyToCluster, leaveCluster } from "../../../src/store/copy-store.ts";
import { openSqliteStore } from "../../../src/store/sqlite/sqlite-store.ts";
import { openReplica } from "../../../src/store/replica/open-replica.ts";
import { migrate } from "../../../src/store/postgres/migrate.ts";
import { openPool } from "./support/open-pool.ts";
import { PostgresCluster } from "../../../src/store/postgres/postgres-cluster.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { factsOf } from "../../support/certificates.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { until } from "../sqlite/support/stores.ts";
import { PostgresServer, postgresPrograms } from "./support/postgres-server.ts";

const [programs] = postgresPrograms();
assert.ok(programs, "no PostgreSQL was found, though npm installs one");

/** A schema of its own, and who is on it. */
class Machines implements AsyncDisposable {
  readonly folder: string = temporaryFolder();
  readonly #server: PostgresServer;
  readonly #schema = `handclasp_${randomUUID().replaceAll("-", "")}`;
  readonly #closes: (() => Promise<void>)[] = [];

  constructor(server: PostgresServer) {
    this.#server = server;
  }

  async prepare(): Promise<this> {
    const pool = openPool(this.#server.url(), this.#schema);
    await migrate(await pool.sql(), this.#schema);
    await pool.close();
    return this;
  }

  cluster(): PostgresCluster {
    const cluster = new PostgresCluster(openPool(this.#server.url(), this.#schema));
    this.#closes.push(() => cluster.close());
    return cluster;
  }

  /** By a role that may execute what is there for everybody, and nothing else. */
  async asRuntime(): Promise<PostgresCluster> {
    const pool = openPool(this.#server.url(), this.#schema);
    const sql = await pool.sql();
    const role = this.#schema.replace("handclasp", "runtime");
    await sql.unsafe(`CREATE ROLE ${role} LOGIN; GRANT USAGE ON SCHEMA ${this.#schema} TO ${role};
      GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${this.#schema} TO ${role}`);
    await pool.close();
    const cluster = new PostgresCluster(openPool(this.#server.url({ user: role }), this.#schema));
    this.#closes.push(() => cluster.close());
    return cluster;
  }

  path(name: string): string {
    return join(this.folder, `${name}.db`);
  }

  replica(name: string): TrustStore {
    const cluster = new PostgresCluster(openPool(this.#server.url(), this.#schema));
    const store = openReplica(this.path(name), { cluster, machine: name, url: this.#server.url() });
    this.#closes.push(() => store.close());
    return store;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closes) await close();
  }
}

function nodeOf(store: TrustStore): string {
  const { node } = store.replication() ?? assert.fail("this is no replica");
  return node.id;
}

/** A store of one place with some peers. */
async function filled(path: string, count: number): Promise<TrustStore> {
  const store = openSqliteStore(path);
  for (let peer = 0; peer < count; peer++) await store.apply(claimOf(factsOf(`peer-${peer}`)));
  await store.putSetting("shared-servers", "yes");
  return store;
}

describe("a store in PostgreSQL", () => {
  let server: PostgresServer;
  before(async () => {
    server = await PostgresServer.open(programs);
  });
  after(() => server[Symbol.asyncDispose]());

  it("begins with a copy of one in a file, and its chain goes on on every machine", async () => {
    await using machines = await new Machines(server).prepare();
    const store = await filled(machines.path("trust"), 30);
    const former = store.head();
    const facts = await copyToCluster(machines.path("trust"), machines.cluster());
    assert.deepEqual([facts.place.position, facts.head], [0, former]);
    const [one, other] = [machines.replica("one"), machines.replica("other")];
    await Promise.all([one.catchUp(), other.catchUp()]);
    for (const replica of [one, other]) {
      assert.deepEqual(replica.head(), former);
      assert.equal(replica.keysOfName("peer-7").length, 1);
      await until(() => replica.setting("shared-servers") === "yes");
      assert.deepEqual([replica.audit().chain.broken, replica.audit().rows?.count], [null, 0]);
    }
    const anna = factsOf("anna");
    await one.apply(claimOf(anna));
    await other.catchUp();
    assert.equal(other.key(anna.pin)?.peer, "anna");
    assert.equal(other.head().sequence, former.sequence + 1);
    assert.deepEqual(other.head(), one.head());
    await store.close();
  });

  it("takes no copy when it has something", async () => {
    await using machines = await new Machines(server).prepare();
    await (await filled(machines.path("trust"), 2)).close();
    await copyToCluster(machines.path("trust"), machines.cluster());
    const again = copyToCluster(machines.path("trust"), machines.cluster());
    await assert.rejects(again, { code: "ERR_HANDCLASP_CONFLICT" });
    await using others = await new Machines(server).prepare();
    const replica = others.replica("one");
    await replica.catchUp();
    await assert.rejects(copyToCluster(machines.path("trust"), others.cluster()), /has something already/);
    await assert.rejects(copyToCluster(machines.path("trust"), machines.cluster()), /has something already/);
  });

  it("makes no copy of a replica as if it were all there is", async () => {
    await using machines = await new Machines(server).prepare();
    const replica = machines.replica("one");
    await replica.apply(claimOf(factsOf("anna")));
    await using others = await new Machines(server).prepare();
    await assert.rejects(copyToCluster(machines.path("one"), others.cluster()), /is a replica/);
  });

  it("can be copied back into a file, where the chain goes on", async () => {
    await using machines = await new Machines(server).prepare();
    const replica = machines.replica("one");
    for (const name of ["anna", "ben"]) await replica.apply(claimOf(factsOf(name)));
    const path = machines.path("back");
    await replica.backup(path);
    leaveCluster(path);
    await using store = openSqliteStore(path);
    assert.deepEqual(store.head(), replica.head());
    await store.apply(claimOf(factsOf("carl")));
    const { chain, rows, problems } = store.check();
    assert.deepEqual([chain.broken, rows?.count, problems, chain.head.sequence], [null, 0, [], 3]);
    assert.equal(store.replication(), null);
    // And from there into another cluster.
    await using others = await new Machines(server).prepare();
    await copyToCluster(path, others.cluster());
  });

  it("cuts its log where the oldest snapshot is that is kept, and no machine is left behind unless that is said", async () => {
    await using machines = await new Machines(server).prepare();
    const [one, other] = [machines.replica("one"), machines.replica("other")];
    for (let peer = 0; peer < 10; peer++) await one.apply(claimOf(factsOf(`peer-${peer}`)));
    await other.catchUp();
    await other.close();
    for (let peer = 10; peer < 20; peer++) await one.apply(claimOf(factsOf(`peer-${peer}`)));
    const cluster = machines.cluster();
    await until(async () =>
      (await cluster.nodes.nodes()).some(({ name, position }) => name === "one" && position === 20),
    );
    const snapshot = await takeSnapshot(cluster, { file: machines.path("one"), node: nodeOf(one) });
    assert.equal(snapshot.place.position, 20);
    const careful = await planCompact(cluster, { keep: 1, leaveBehind: false, made: snapshot.id });
    assert.ok(careful.before <= 10, String(careful.before));
    assert.deepEqual(careful.leftBehind, []);
    assert.ok(careful.heldBy.some(({ name }) => name === "other"));
    const plan = await planCompact(cluster, { keep: 1, leaveBehind: true, made: snapshot.id });
    assert.deepEqual([plan.before, plan.leftBehind.map(({ name }) => name)], [20, ["other"]]);
    assert.deepEqual(plan.heldBy, []);
    assert.equal(await compactLog(cluster, plan), 19);
    const [fresh, back] = [machines.replica("fresh"), machines.replica("other")];
    await Promise.all([fresh.catchUp(), back.catchUp()]);
    await one.apply(claimOf(factsOf("last")));
    await Promise.all([fresh.catchUp(), back.catchUp()]);
    for (const replica of [fresh, back]) {
      assert.deepEqual(replica.head(), one.head());
      assert.equal(replica.replication()?.digest, one.replication()?.digest);
    }
  });

  it("gives its owner alone the right to cut the log, and to take snapshots away", async () => {
    await using machines = await new Machines(server).prepare();
    const one = machines.replica("one");
    await one.apply(claimOf(factsOf("anna")));
    const cluster = machines.cluster();
    const { id } = await takeSnapshot(cluster, { file: machines.path("one"), node: nodeOf(one) });
    const runtime = await machines.asRuntime();
    await assert.rejects(runtime.log.cutBefore(1), /cannot cut the log: permission denied/);
    await assert.rejects(runtime.snapshots.drop(id), /permission denied/);
    assert.equal((await runtime.snapshots.list()).length, 1);
    await runtime.snapshots.part(id, 0);
  });
});
