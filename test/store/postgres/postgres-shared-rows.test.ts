import { after, before, describe } from "node:test";
import { migrate } from "../../../src/store/postgres/migrate.ts";
import { openPool } from "../../../src/store/postgres/open-postgres.ts";
import { PostgresCluster } from "../../../src/store/postgres/postgres-cluster.ts";
import { sharedRowsContract } from "../log/shared-rows-contract.ts";
import { PostgresServer, postgresPrograms } from "./support/postgres-server.ts";

for (const programs of postgresPrograms()) {
  describe(programs.kind, () => {
    let server: PostgresServer;
    let count = 0;
    before(async () => {
      server = await PostgresServer.open(programs);
    });
    after(() => server[Symbol.asyncDispose]());

    sharedRowsContract(programs.kind, async (bounds) => {
      const schema = `handclasp_${++count}`;
      const pool = openPool(server.url(), schema);
      const sql = await pool.sql();
      await migrate(sql, schema);
      if (bounds !== undefined)
        await sql`UPDATE ${pool.name(sql, "shared_state")} SET most_waiting = ${bounds.waiting},
          most_waiting_bytes = ${bounds.waitingBytes}, most_refusals = ${bounds.refusals}, most_gone = ${bounds.gone}`;
      for (const [kind, { rows, bytes }] of Object.entries(bounds?.kinds ?? {}))
        await sql`UPDATE ${pool.name(sql, "shared_kinds")} SET most = ${rows}, most_bytes = ${bytes} WHERE kind = ${kind}`;
      const clusters = [new PostgresCluster(pool)];
      const another = (): PostgresCluster["shared"] => {
        const cluster = new PostgresCluster(openPool(server.url(), schema));
        clusters.push(cluster);
        return cluster.shared;
      };
      return {
        rows: clusters[0]?.shared ?? another(),
        another,
        // Everything was written so much longer ago.
        pass: async (ms) => {
          await sql`UPDATE ${pool.name(sql, "shared_rows")} SET written = written - ${ms},
            at = CASE WHEN at BETWEEN 1 AND 8e15 THEN at - ${ms} ELSE at END`;
          await sql`UPDATE ${pool.name(sql, "shared_state")} SET tidied = tidied - ${ms}`;
        },
        async [Symbol.asyncDispose]() {
          await Promise.all(clusters.map((cluster) => cluster.close()));
        },
      };
    });
  });
}
