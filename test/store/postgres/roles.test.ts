import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import type { Sql } from "postgres";
import { migrate, prepareSchema } from "../../../src/store/postgres/migrate.ts";
import { connectPostgres, openPool } from "./support/open-pool.ts";
import { PostgresNodeRoster } from "../../../src/store/postgres/postgres-node-roster.ts";
import { PostgresSnapshotShelf } from "../../../src/store/postgres/postgres-snapshot-shelf.ts";
import { PostgresCluster } from "../../../src/store/postgres/postgres-cluster.ts";
import { MIGRATIONS } from "../../../src/store/postgres/schema/migrations.ts";
import { CHAIN_START } from "../../../src/trust/records/events.ts";
import { SHARED_START } from "../../../src/trust/port/shared-rows.ts";
import { LOG_START } from "../../../src/trust/port/change-log.ts";
import { PostgresServer, postgresPrograms } from "./support/postgres-server.ts";

/** As the guide quotes it. */
const ROLES = new URL("../../../examples/many-machines/roles.sql", import.meta.url);

for (const programs of postgresPrograms()) {
  describe(`the roles of the guide: ${programs.kind}`, () => {
    let server: PostgresServer;
    let admin: Sql;
    let owner: Sql;
    let runtime: Sql;
    const opened: Sql[] = [];
    const openAs = async (user?: string): Promise<Sql> => {
      const sql = await connectPostgres(server.url({ ...(user && { user }), database: "handclasp" }));
      opened.push(sql);
      return sql;
    };

    before(async () => {
      server = await PostgresServer.open(programs);
      const [inAny, inOurs] = rolesOfGuide();
      const first = await connectPostgres(server.url());
      // Each by itself: a database cannot be made inside of a transaction.
      for (const statement of inAny) await first.unsafe(statement);
      await first.end();
      admin = await openAs();
      for (const statement of inOurs) await admin.unsafe(statement);
      owner = await openAs("handclasp_owner");
      runtime = await openAs("handclasp");
      await migrate(owner, "handclasp");
    });

    after(async () => {
      await Promise.all(opened.map((sql) => sql.end()));
      await server[Symbol.asyncDispose]();
    });

    it("let a machine do all that it has to", async () => {
      await prepareSchema(runtime, "handclasp");
      const cluster = new PostgresCluster(
        openPool(server.url({ user: "handclasp", database: "handclasp" }), "handclasp"),
      );
      const id = randomUUID();
      const by = { node: id, rules: 1 };
      assert.deepEqual(await cluster.log.append([{ id: randomUUID(), change: "{}" }], by), [1]);
      assert.equal((await cluster.log.read(LOG_START, 10)).entries.length, 1);
      const beat = await cluster.nodes.beat({
        id,
        name: "one",
        version: "0.1.0",
        rules: 1,
        position: 0,
        head: CHAIN_START,
        digest: "00".repeat(32),
        listeners: [],
      });
      assert.ok(beat.isWritten);
      assert.equal((await cluster.nodes.nodes()).length, 1);
      const row = { kind: "waiting", key: "a key", value: "{}", at: 9e15 } as const;
      await cluster.shared.exchange([row, { ...row, kind: "refusal" }], id, SHARED_START);
      await cluster.shared.putSetting("colour", "green", null, id);
      assert.equal((await cluster.shared.exchange([], randomUUID(), SHARED_START)).rows.length, 3);
      await cluster.close();
    });

    it("let it execute functions, and nothing else: it cannot read, write, alter or add a thing", async () => {
      const tables = await admin<{ readonly name: string }[]>`
        SELECT relname AS name FROM pg_class WHERE relnamespace = 'handclasp'::regnamespace AND relkind IN ('r', 'S', 'v')`;
      assert.ok(tables.some(({ name }) => name === "change_log"));
      const tries = [
        ...tables.flatMap(({ name }) => [
          `SELECT * FROM handclasp.${name}`,
          `INSERT INTO handclasp.${name} DEFAULT VALUES`,
          `DELETE FROM handclasp.${name}`,
          `TRUNCATE handclasp.${name}`,
          `ALTER TABLE handclasp.${name} ADD COLUMN more int`,
          `DROP TABLE handclasp.${name}`,
        ]),
        "UPDATE handclasp.change_log SET change = ''",
        "CREATE TABLE handclasp.mine (id int)",
        "CREATE FUNCTION handclasp.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE SCHEMA mine",
        "CREATE OR REPLACE FUNCTION handclasp.rules() RETURNS int LANGUAGE sql AS 'SELECT 9'",
        "DROP FUNCTION handclasp.rules()",
        "SET ROLE handclasp_owner",
      ];
      for (const statement of tries) {
        await assert.rejects(runtime.unsafe(statement), { code: "42501" }, statement);
      }
      await assert.rejects(migrate(runtime, "another"), { code: "ERR_HANDCLASP_STORE_OPEN" });
    });

    it("let it execute what a later migration brings, without a word of an administrator", async () => {
      const later = [
        ...MIGRATIONS,
        (schema: string) => `
          CREATE TABLE ${schema}.more (id int);
          CREATE FUNCTION ${schema}.how_many() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
            SET search_path = pg_catalog, pg_temp AS 'SELECT count(*) FROM ${schema}.more';
          REVOKE ALL ON FUNCTION ${schema}.how_many FROM PUBLIC;`,
      ];
      await migrate(owner, "handclasp", later);
      await prepareSchema(runtime, "handclasp", later);
      assert.deepEqual([...(await runtime`SELECT handclasp.how_many() AS many`)], [{ many: "0" }]);
      await assert.rejects(runtime`SELECT * FROM handclasp.more`, { code: "42501" });
    });

    it("let nobody else do anything", async () => {
      await admin.unsafe("CREATE ROLE somebody LOGIN");
      await assert.rejects(connectAs("somebody"), { code: "42501" });
      await admin.unsafe("GRANT CONNECT ON DATABASE handclasp TO somebody");
      await assert.rejects(connectAs("somebody"), { code: "42501" });
    });

    async function connectAs(user: string): Promise<void> {
      const sql = await connectPostgres(server.url({ user, database: "handclasp" }));
      try {
        await sql`SELECT handclasp.rules()`;
      } finally {
        await sql.end();
      }
    }

    it("let it do nothing by itself with functions that others call", async () => {
      const machine = randomUUID();
      const calls = [
        "bound_waiting(0, 0, 0, 0)",
        `bound_refusals('${machine}', 0, 0, 0)`,
        "tidy_shared_rows(9000000000000, 0, 0)",
        "bound_kinds(0, 0)",
        `write_shared_rows('${machine}', '[]')`,
      ];
      for (const call of calls) {
        await assert.rejects(runtime.unsafe(`SELECT handclasp.${call}`), { code: "42501" }, call);
      }
    });

    it("let no machine have the others go by rules that none of them knows, which would stop all for good", async () => {
      await assert.rejects(runtime`SELECT handclasp.raise_rules(99)`, { code: "42501" });
      const pool = openPool(server.url({ user: "handclasp", database: "handclasp" }), "handclasp");
      const roster = new PostgresNodeRoster(pool);
      await assert.rejects(roster.raiseRules(99), {
        code: "ERR_HANDCLASP_STORE_WRITE",
        hint: /owns the schema/,
      });
      await pool.close();
      assert.deepEqual([...(await owner`SELECT handclasp.raise_rules(1)`)], []);
    });

    it("let no machine put something before the first change, once there is one: new machines begin with it", async () => {
      const pool = openPool(server.url({ user: "handclasp", database: "handclasp" }), "handclasp");
      const shelf = new PostgresSnapshotShelf(pool);
      const facts = {
        id: randomUUID(),
        place: LOG_START,
        head: CHAIN_START,
        digest: "00".repeat(32),
        madeBy: randomUUID(),
      };
      await assert.rejects(shelf.begin(facts), { code: "ERR_HANDCLASP_STORE_WRITE" });
      await shelf.begin({ ...facts, place: { position: 1, hash: "00".repeat(32) } });
      await pool.close();
    });

    it("hold because each function runs as its owner by names that nobody can put something before", async () => {
      const functions = await admin<
        {
          readonly name: string;
          readonly definer: boolean;
          readonly config: string[] | null;
          readonly open: boolean;
          readonly volatility: string;
        }[]
      >`
        SELECT proname AS name, prosecdef AS definer, proconfig::text AS config, provolatile AS volatility,
          proacl IS NULL OR EXISTS (SELECT FROM aclexplode(proacl) WHERE grantee = 0) AS open
        FROM pg_proc WHERE pronamespace = 'handclasp'::regnamespace`;
      assert.ok(functions.length > 5);
      for (const { name, definer, config, open, volatility } of functions) {
        // What writes waits for nobody for ever.
        const waits = volatility === "v" && !INSIDE.has(name) ? ",lock_timeout=2s" : "";
        assert.deepEqual(
          { definer, config, open },
          { definer: !INSIDE.has(name), config: `{"search_path=pg_catalog, pg_temp"${waits}}`, open: false },
          name,
        );
      }
    });
  });
}

/** Those that others call, with the rights of these; and one that is for the owner alone. */
const INSIDE: ReadonlySet<string> = new Set([
  "tidy_shared_rows",
  "bound_waiting",
  "bound_refusals",
  "bound_kinds",
  "count_shared_rows",
  "write_shared_rows",
  "raise_rules",
]);

/** The statements that run in any database, and those that run in ours. */
function rolesOfGuide(): readonly [readonly string[], readonly string[]] {
  const [inAny = "", inOurs = ""] = readFileSync(ROLES, "utf8").split("\\connect handclasp\n");
  return [statementsOf(inAny), statementsOf(inOurs)];
}

function statementsOf(sql: string): readonly string[] {
  return sql.split(/;\s*$/m).filter((statement) => statement.trim() !== "");
}
