import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import type { Sql } from "postgres";
import { migrate, prepareSchema, schemaNumber } from "../../../src/store/postgres/migrate.ts";
import { connectPostgres, openPool } from "./support/open-pool.ts";
import { PostgresCluster } from "../../../src/store/postgres/postgres-cluster.ts";
import { isHandclaspError } from "../../../src/errors.ts";
import { MIGRATIONS } from "../../../src/store/postgres/schema/migrations.ts";
import { LOG_START } from "../../../src/trust/port/change-log.ts";
import { PostgresServer, postgresPrograms } from "./support/postgres-server.ts";

const NUMBER = MIGRATIONS.length;
/** As a later version may bring: nothing that is there changes. */
const LATER = [
  ...MIGRATIONS,
  (schema: string) => `
    ALTER TABLE ${schema}.change_log ADD COLUMN signature bytea;
    CREATE TABLE ${schema}.more (id uuid PRIMARY KEY);
    CREATE FUNCTION ${schema}.more() RETURNS bigint LANGUAGE sql SECURITY DEFINER
      SET search_path = pg_catalog, pg_temp AS 'SELECT count(*) FROM ${schema}.more';
    REVOKE ALL ON FUNCTION ${schema}.more FROM PUBLIC;`,
];

for (const programs of postgresPrograms()) {
  describe(`migrations: ${programs.kind}`, () => {
    let server: PostgresServer;
    let sql: Sql;
    let count = 0;
    before(async () => {
      server = await PostgresServer.open(programs);
      sql = await connectPostgres(server.url());
    });
    after(async () => {
      await sql.end();
      await server[Symbol.asyncDispose]();
    });
    const newName = (): string => `of_migrations_${++count}`;

    it("makes all of it where nothing is, and nothing twice", async () => {
      const schema = newName();
      assert.equal(await schemaNumber(sql, schema), undefined);
      assert.deepEqual(await migrate(sql, schema), { from: 0, to: NUMBER });
      assert.deepEqual(await migrate(sql, schema), { from: NUMBER, to: NUMBER });
      assert.equal(await schemaNumber(sql, schema), NUMBER);
    });

    it("makes it once where several begin at once", async () => {
      const schema = newName();
      await Promise.all(Array.from({ length: 4 }, () => prepareSchema(sql, schema)));
      assert.equal(await schemaNumber(sql, schema), NUMBER);
    });

    it("takes a schema that is empty, and none that holds something else", async () => {
      const [empty, other] = [newName(), newName()];
      await sql.unsafe(
        `CREATE SCHEMA ${empty}; CREATE SCHEMA ${other}; CREATE TABLE ${other}.things (id int)`,
      );
      await prepareSchema(sql, empty);
      assert.equal(await schemaNumber(sql, empty), NUMBER);
      await assert.rejects(prepareSchema(sql, other), {
        code: "ERR_HANDCLASP_STORE_OPEN",
        message: `the schema ${other} of the database holds something else`,
      });
    });

    it("brings nothing further by itself: an operator does", async () => {
      const schema = newName();
      await prepareSchema(sql, schema);
      await assert.rejects(prepareSchema(sql, schema, LATER), {
        code: "ERR_HANDCLASP_STORE_OPEN",
        message: `the schema ${schema} of the database is at number ${NUMBER}, and this version needs ${NUMBER + 1}`,
      });
      assert.equal(await schemaNumber(sql, schema), NUMBER);
      assert.deepEqual(await migrate(sql, schema, LATER), { from: NUMBER, to: NUMBER + 1 });
      await prepareSchema(sql, schema, LATER);
    });

    it("only adds, so that who does not know it yet goes on", async () => {
      const schema = newName();
      const cluster = new PostgresCluster(openPool(server.url(), schema));
      const { log } = cluster;
      await prepareSchema(sql, schema);
      const by = { node: randomUUID(), rules: 1 };
      await log.append([{ id: randomUUID(), change: "{}" }], by);
      await migrate(sql, schema, LATER);
      assert.deepEqual(await log.append([{ id: randomUUID(), change: "{}" }], by), [2]);
      assert.equal((await log.read(LOG_START, 10)).entries.length, 2);
      await prepareSchema(sql, schema);
      assert.deepEqual(await migrate(sql, schema), { from: NUMBER + 1, to: NUMBER + 1 });
      await cluster.close();
    });

    it("leaves nothing half done", async () => {
      const schema = newName();
      const broken = [...MIGRATIONS, (name: string) => `CREATE TABLE ${name}.half (id int); SELECT nonsense`];
      await assert.rejects(migrate(sql, schema, broken), { code: "ERR_HANDCLASP_STORE_OPEN" });
      assert.equal(await schemaNumber(sql, schema), undefined);
    });

    it("says so where a role may not, and what is to be done", async () => {
      const schema = newName();
      await sql.unsafe(`CREATE ROLE stranger_${count} LOGIN`);
      const stranger = await connectPostgres(server.url({ user: `stranger_${count}` }));
      const denied = {
        code: "ERR_HANDCLASP_STORE_OPEN",
        remedies: [{ act: "migrate-store", at: "server" }],
      };
      await assert.rejects(prepareSchema(stranger, schema), denied);
      await stranger.end();
    });

    it("says what lets a role use what is made already, and that does", async () => {
      const schema = newName();
      const role = `Stranger ${count}`;
      await sql.unsafe(`CREATE ROLE "${role}" LOGIN`);
      const stranger = await connectPostgres(server.url({ user: encodeURIComponent(role) }));
      await migrate(sql, schema);
      const said = await prepareSchema(stranger, schema).then(
        () => assert.fail("it may already"),
        (error: unknown) => error,
      );
      assert.ok(isHandclaspError(said, "ERR_HANDCLASP_STORE_OPEN"));
      assert.deepEqual(said.remedies, []);
      const [, grants = ""] = /^as the role that owns the schema, by psql: (.*)$/.exec(said.hint ?? "") ?? [];
      assert.match(
        grants,
        new RegExp(`^GRANT USAGE ON SCHEMA ${schema} TO "${role}"; GRANT EXECUTE ON ALL `),
      );
      await sql.unsafe(grants);
      await prepareSchema(stranger, schema);
      await stranger.end();
    });
  });
}
