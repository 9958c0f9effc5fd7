import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { it } from "node:test";
import { PostgresNodeRoster } from "../../../src/store/postgres/postgres-node-roster.ts";
import { CHAIN_START } from "../../../src/trust/records/events.ts";
import { nodeRosterContract } from "../log/node-roster-contract.ts";
import { describeOnPostgres } from "./support/test-schema.ts";

describeOnPostgres((kind, make) => {
  nodeRosterContract(kind, async () => {
    const schema = await make();
    const open = (): PostgresNodeRoster => new PostgresNodeRoster(schema.pool());
    return {
      roster: open(),
      another: async () => open(),
      [Symbol.asyncDispose]: () => schema[Symbol.asyncDispose](),
    };
  });

  it("says which machine could not be told of, and what", async () => {
    await using schema = await make();
    const pool = schema.pool();
    const roster = new PostgresNodeRoster(pool);
    const sql = await pool.sql();
    await sql.unsafe(
      `ALTER TABLE ${pool.schema}.nodes RENAME TO gone; ALTER TABLE ${pool.schema}.cluster_rules RENAME TO rules`,
    );
    const report = {
      id: randomUUID(),
      name: "berlin",
      version: "1",
      rules: 1,
      position: 0,
      digest: "00".repeat(32),
    };
    const said = { ...report, head: CHAIN_START, listeners: [] };
    await assert.rejects(roster.beat(said), {
      message: /^the machine berlin cannot say in the database how far it is: /,
    });
    await assert.rejects(roster.visit(), {
      message: /^it cannot be seen whether the database can be written: /,
    });
    await assert.rejects(roster.raiseRules(2), {
      message: /^the rules that the machines go by cannot be raised to 2: /,
    });
    await assert.rejects(roster.forget(report.id), {
      message: new RegExp(`^the machine ${report.id} cannot be taken off the list: `),
    });
  });
});
