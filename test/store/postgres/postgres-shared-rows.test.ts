import { PostgresSharedRows } from "../../../src/store/postgres/postgres-shared-rows.ts";
import { sharedRowsContract } from "../log/shared-rows-contract.ts";
import { describeOnPostgres } from "./support/test-schema.ts";

describeOnPostgres((kind, make) => {
  sharedRowsContract(kind, async (bounds) => {
    const schema = await make();
    const pool = schema.pool();
    const sql = await pool.sql();
    if (bounds !== undefined)
      await sql`UPDATE ${pool.name(sql, "shared_state")} SET most_waiting = ${bounds.waiting},
        most_waiting_bytes = ${bounds.waitingBytes}, most_refusals = ${bounds.refusals}, most_gone = ${bounds.gone}`;
    for (const [of, { rows, bytes }] of Object.entries(bounds?.kinds ?? {}))
      await sql`UPDATE ${pool.name(sql, "shared_kinds")} SET most = ${rows}, most_bytes = ${bytes} WHERE kind = ${of}`;
    return {
      rows: new PostgresSharedRows(pool),
      another: () => new PostgresSharedRows(schema.pool()),
      // Everything was written so much longer ago.
      pass: async (ms) => {
        await sql`UPDATE ${pool.name(sql, "shared_rows")} SET written = written - ${ms},
          at = CASE WHEN at BETWEEN 1 AND 8e15 THEN at - ${ms} ELSE at END`;
        await sql`UPDATE ${pool.name(sql, "shared_state")} SET tidied = tidied - ${ms}`;
      },
      [Symbol.asyncDispose]: () => schema[Symbol.asyncDispose](),
    };
  });
});
