import { after, before, describe } from "node:test";
import { PostgresChangeLog } from "../../../src/store/postgres/postgres-change-log.ts";
import { connectPostgres, createLogSchema } from "../../../src/store/postgres/open-postgres.ts";
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
      const sql = connectPostgres(server.url());
      await createLogSchema(sql, schema);
      const log = new PostgresChangeLog(sql, schema);
      const another = async (): Promise<PostgresChangeLog> =>
        new PostgresChangeLog(connectPostgres(server.url()), schema);
      return { log, another, [Symbol.asyncDispose]: () => log.close() };
    });
  });
}
