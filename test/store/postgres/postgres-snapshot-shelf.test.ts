import { after, before, describe } from "node:test";
import { migrate } from "../../../src/store/postgres/migrate.ts";
import { openPool } from "../../../src/store/postgres/open-postgres.ts";
import { PostgresSnapshotShelf } from "../../../src/store/postgres/postgres-snapshot-shelf.ts";
import { snapshotShelfContract } from "../log/snapshot-shelf-contract.ts";
import { PostgresServer, postgresPrograms } from "./support/postgres-server.ts";

for (const programs of postgresPrograms()) {
  describe(programs.kind, () => {
    let server: PostgresServer;
    let count = 0;
    before(async () => {
      server = await PostgresServer.open(programs);
    });
    after(() => server[Symbol.asyncDispose]());

    snapshotShelfContract(programs.kind, async () => {
      const schema = `handclasp_${++count}`;
      const pools = [openPool(server.url(), schema)];
      for (const pool of pools) await migrate(await pool.sql(), schema);
      const open = (): PostgresSnapshotShelf => {
        const pool = openPool(server.url(), schema);
        pools.push(pool);
        return new PostgresSnapshotShelf(pool);
      };
      return {
        shelf: open(),
        another: open,
        async [Symbol.asyncDispose]() {
          await Promise.all(pools.map((pool) => pool.close()));
        },
      };
    });
  });
}
