import { after, before, describe } from "node:test";
import { connectPostgres, createLogSchema } from "../../../src/store/postgres/open-postgres.ts";
import { PostgresNodeRoster } from "../../../src/store/postgres/postgres-node-roster.ts";
import { nodeRosterContract } from "../log/node-roster-contract.ts";
import { PostgresServer, postgresPrograms } from "./support/postgres-server.ts";

for (const programs of postgresPrograms()) {
  describe(programs.kind, () => {
    let server: PostgresServer;
    let count = 0;
    before(async () => {
      server = await PostgresServer.open(programs);
    });
    after(() => server[Symbol.asyncDispose]());

    nodeRosterContract(programs.kind, async () => {
      const schema = `handclasp_${++count}`;
      const connections = [connectPostgres(server.url())];
      for (const sql of connections.slice(0, 1)) await createLogSchema(sql, schema);
      const open = (): PostgresNodeRoster => {
        const sql = connectPostgres(server.url());
        connections.push(sql);
        return new PostgresNodeRoster(sql, schema);
      };
      return {
        roster: open(),
        another: async () => open(),
        async [Symbol.asyncDispose]() {
          await Promise.all(connections.map((sql) => sql.end()));
        },
      };
    });
  });
}
