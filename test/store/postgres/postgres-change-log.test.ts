import { after, before, describe } from "node:test";
import { migrate } from "../../../src/store/postgres/migrate.ts";
import { openPool } from "../../../src/store/postgres/open-postgres.ts";
import { PostgresCluster } from "../../../src/store/postgres/postgres-cluster.ts";
import { changeLogContract } from "../log/change-log-contract.ts";
import { PostgresServer, postgresPrograms } from "./support/postgres-server.ts";

for (const programs of postgresPrograms()) {
  describe(programs.kind, () => {
    let server: PostgresServer;
    let count = 0;
    before(async () => {
      server = await PostgresServer.open(programs);
    });
    after(() => server[Symbol.asyncDispose]());

    changeLogContract(programs.kind, async () => {
      const schema = `handclasp_${++count}`;
      const pool = openPool(server.url(), schema);
      await migrate(await pool.sql(), schema);
      const first = new PostgresCluster(pool);
      const clusters = [first];
      const another = (): PostgresCluster["log"] => {
        const cluster = new PostgresCluster(openPool(server.url(), schema));
        clusters.push(cluster);
        return cluster.log;
      };
      const close = async (): Promise<void> => {
        await Promise.all(clusters.map((cluster) => cluster.close()));
      };
      return { log: first.log, another, [Symbol.asyncDispose]: close };
    });
  });
}
