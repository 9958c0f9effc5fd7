import { PostgresNodeRoster } from "../../../src/store/postgres/postgres-node-roster.ts";
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
});
