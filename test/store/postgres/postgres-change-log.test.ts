import { PostgresChangeLog } from "../../../src/store/postgres/postgres-change-log.ts";
import { changeLogContract } from "../log/change-log-contract.ts";
import { describeOnPostgres } from "./support/test-schema.ts";

describeOnPostgres((kind, make) => {
  changeLogContract(kind, async () => {
    const schema = await make();
    const open = (): PostgresChangeLog => new PostgresChangeLog(schema.pool());
    return { log: open(), another: open, [Symbol.asyncDispose]: () => schema[Symbol.asyncDispose]() };
  });
});
