import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { hasCode, isHandclaspError } from "../../../src/errors.ts";
import { openClusterAt } from "../../../src/store/open-cluster.ts";
import { MIGRATIONS } from "../../../src/store/postgres/schema/migrations.ts";
import { numbersSchema } from "../../../src/store/postgres/schema/numbers.ts";
import { openStore } from "../../../src/store/open-store.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import { LOG_START } from "../../../src/trust/port/change-log.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { StoreUrl } from "../../../src/trust/port/store-url.ts";
import { factsOf } from "../../support/certificates.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { until } from "../sqlite/support/stores.ts";
import { PostgresServer, postgresPrograms } from "./support/postgres-server.ts";
import { FILE_PATIENCE_MS } from "../../support/patience.ts";

const [programs] = postgresPrograms();
assert.ok(programs, "no PostgreSQL was found, though npm installs one");

/** PostgreSQL's code for it. */
const DEADLOCK = "40P01";

const [anna, ben, carla] = [factsOf("anna"), factsOf("ben"), factsOf("carla")];

describe("a replica that is opened on another cluster", () => {
  let server: PostgresServer;
  before(async () => {
    server = await PostgresServer.open(programs);
  });
  after(() => server[Symbol.asyncDispose]());

  it("takes nothing from there and brings nothing there, and goes on with its own", async () => {
    const folder = temporaryFolder();
    const url = (schema: string, replica: string): string =>
      `${server.url()}?replica=${join(folder, replica)}&schema=${schema}`;
    const isRefused = (error: unknown): boolean => {
      for (let at = error; at instanceof Error; at = at.cause)
        if (isHandclaspError(at, "ERR_HANDCLASP_STORE_OPEN"))
          return at.message.startsWith(`${join(folder, "own.db")} is a replica of another store than`);
      return false;
    };
    {
      await using own = openStore(url("own", "own.db"));
      await own.catchUp();
      await own.apply(claimOf(anna));
      await using other = openStore(url("other", "other.db"));
      await other.catchUp();
      await other.apply(claimOf(ben));
    }
    {
      await using mistaken = openStore(url("other", "own.db"));
      await assert.rejects(mistaken.catchUp(), isRefused);
      await assert.rejects(async () => mistaken.apply(claimOf(carla)), isRefused);
      assert.equal(mistaken.stats().events, 1);
    }
    const cluster = openClusterAt(
      StoreUrl.parse(url("other", "other.db"), () => folder),
      "test",
    );
    try {
      assert.equal((await cluster.log.read(LOG_START, 10)).head.position, 1);
      assert.equal((await cluster.nodes.nodes()).length, 1);
    } finally {
      await cluster.close();
    }
    await using again = openStore(url("own", "own.db"));
    await again.catchUp();
    assert.equal(again.key(anna.pin)?.state, "trusted");
    assert.equal(again.key(ben.pin), undefined);
    assert.equal(again.replication()?.branch, null);
  });
});

function open(hosts: string): TrustStore {
  return openStore(`postgres://postgres@${hosts}/postgres?replica=${join(temporaryFolder(), "r.db")}`);
}

function hostOf({ port }: PostgresServer): string {
  return `127.0.0.1:${port}`;
}

function isSaid(store: TrustStore): boolean {
  const { unusable = "" } = store.replication() ?? {};
  return unusable.includes("is a replica of another store than the one in this database");
}

/** Once more where that and what machines ask in the same moment wait for each other. */
async function asked(server: PostgresServer, question: string): Promise<void> {
  for (;;) {
    try {
      await server.ask(question);
      return;
    } catch (error) {
      if (!hasCode(error, DEADLOCK)) throw error;
    }
  }
}

/** One that knows anna, and was as far as the log. */
async function withAnna(store: TrustStore): Promise<void> {
  await store.catchUp();
  await store.apply(claimOf(anna));
  await store.catchUp();
}

/** It knows what it knew, takes nothing from there and brings nothing there. */
async function staysAsItIs(store: TrustStore, other: TrustStore): Promise<void> {
  assert.equal(store.key(anna.pin)?.state, "trusted");
  assert.equal(store.key(ben.pin), undefined);
  assert.equal(store.replication()?.branch, null);
  await assert.rejects(store.apply(claimOf(carla)));
  await assert.rejects(store.catchUp());
  await other.catchUp();
  assert.equal(other.replication()?.position, 1);
  assert.equal(other.key(carla.pin), undefined);
  assert.deepEqual(
    (await other.nodes()).map(({ id }) => id),
    [other.replication()?.node.id],
  );
}

describe("a machine whose database comes to have another cluster", { timeout: FILE_PATIENCE_MS }, () => {
  it("says so, and carries none of its log out, where the schema was dropped and made anew", async () => {
    await using server = await PostgresServer.open(programs);
    await using store = open(hostOf(server));
    await withAnna(store);
    await asked(server, "DROP SCHEMA handclasp CASCADE");
    await until(() => store.replication()?.unusable !== undefined);
    assert.equal(
      (await server.ask("SELECT 1 FROM pg_namespace WHERE nspname = 'handclasp'")) === undefined,
      true,
      "no machine that had one makes another",
    );
    await using other = open(hostOf(server));
    await other.catchUp();
    await other.apply(claimOf(ben));
    await until(() => isSaid(store));
    await staysAsItIs(store, other);
  });

  it("appends nothing there, though it was made anew in one moment and no connection broke", async () => {
    await using server = await PostgresServer.open(programs);
    await using store = open(hostOf(server));
    await withAnna(store);
    const anew = [
      "CREATE SCHEMA handclasp",
      numbersSchema("handclasp"),
      ...MIGRATIONS.map((to) => to("handclasp")),
    ];
    await asked(
      server,
      `BEGIN; DROP SCHEMA handclasp CASCADE; ${anew.join(";")};
      INSERT INTO handclasp.migrations VALUES (${MIGRATIONS.length}); COMMIT`,
    );
    await assert.rejects(store.apply(claimOf(carla)));
    await until(() => isSaid(store));
    assert.equal(store.key(anna.pin)?.state, "trusted");
    assert.equal(store.replication()?.branch, null);
    for (const table of ["change_log", "nodes", "shared_rows"])
      assert.equal(await server.ask(`SELECT 1 FROM handclasp.${table}`), undefined, table);
  });

  it("leaves a host that has another one, and goes on with its own when that is back", async () => {
    await using own = await PostgresServer.open(programs);
    await using foreign = await PostgresServer.open(programs);
    await using other = open(hostOf(foreign));
    await other.catchUp();
    await other.apply(claimOf(ben));
    await using store = open(`${hostOf(own)},${hostOf(foreign)}`);
    await withAnna(store);
    await own.stop();
    await until(() => isSaid(store));
    await staysAsItIs(store, other);
    await own.start();
    await until(() => store.replication()?.database === "reached");
    // Another connection may still find the database that comes up, and move on.
    await until(async () => (await store.apply(claimOf(carla)).catch(() => undefined)) !== undefined);
    assert.equal(store.key(carla.pin)?.state, "trusted");
    await until(() => store.replication()?.unusable === undefined);
  });
});
