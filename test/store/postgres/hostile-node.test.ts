import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import type { Sql } from "postgres";
import { migrate } from "../../../src/store/postgres/migrate.ts";
import { connectPostgres, openPool } from "./support/open-pool.ts";
import { PostgresCluster } from "../../../src/store/postgres/postgres-cluster.ts";
import { openMemoryReplica } from "../../../src/store/replica/open-replica.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import { factsOf } from "../../support/certificates.ts";
import { until } from "../sqlite/support/stores.ts";
import { PostgresServer, postgresPrograms } from "./support/postgres-server.ts";

const [programs] = postgresPrograms();
assert.ok(programs, "no PostgreSQL was found, though npm installs one");

/** What somebody who may say how far a machine is would say, to stop the others. */
const REPORTS = [
  "",
  "garbage",
  "null",
  "[]",
  "{}",
  '{"position":1}',
  '{"position":1,"head":null,"digest":7}',
  '{"position":1,"head":{"sequence":1,"hash":{}},"digest":"00","name":"\\u001b[2J","listeners":{}}',
  '{"position":0,"name":{"toString":1},"listeners":[null]}',
];

describe("a machine that says of itself what makes no sense", () => {
  let server: PostgresServer;
  let sql: Sql;
  before(async () => {
    server = await PostgresServer.open(programs);
    sql = await connectPostgres(server.url());
  });
  after(async () => {
    await sql.end();
    await server[Symbol.asyncDispose]();
  });

  it("stops no other one, is listed with them, and keeps none from seeing who came to something else", async () => {
    const schema = `handclasp_${randomUUID().replaceAll("-", "")}`;
    await migrate(sql, schema);
    const store = openMemoryReplica({
      cluster: new PostgresCluster(openPool(server.url(), schema)),
      machine: "one",
      url: "postgres",
    });
    await store.apply(claimOf(factsOf("anna")));
    await until(async () => (await store.nodes()).some(({ name }) => name === "one"));
    const beat = (id: string, name: string, report: string): Promise<unknown> =>
      sql`SELECT ${sql.unsafe(`${schema}.beat`)}(${id}::uuid, ${name}, 1, ${report}, ${"0".repeat(64)}, 1000000)`;
    const ids: readonly string[] = REPORTS.map(() => randomUUID());
    for (const [at, report] of REPORTS.entries()) await beat(ids[at] ?? "", "strange", report);
    const other = { ...(await store.nodes()).find(({ name }) => name === "one"), name: "other" };
    await until(() => store.replication()?.position === 1);
    await beat(
      randomUUID(),
      "other",
      JSON.stringify({ ...other, position: 1, digest: "0".repeat(64), more: "of a newer version" }),
    );
    await until(() => store.replication()?.unequal.includes("other") === true);
    assert.deepEqual(store.replication()?.unequal, ["other"]);
    const nodes = await store.nodes();
    assert.deepEqual(
      nodes.filter(({ id }) => ids.includes(id)).map(({ name, digest }) => [name, digest]),
      ids.toSorted().map((id) => [id, ""]),
    );
    assert.equal(nodes.length, REPORTS.length + 2);
    await store.close();
  });
});
