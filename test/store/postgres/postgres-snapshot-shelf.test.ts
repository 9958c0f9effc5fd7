import { PostgresSnapshotShelf } from "../../../src/store/postgres/postgres-snapshot-shelf.ts";
import { snapshotShelfContract } from "../log/snapshot-shelf-contract.ts";
import { describeOnPostgres } from "./support/test-schema.ts";

describeOnPostgres((kind, make) => {
  snapshotShelfContract(kind, async () => {
    const schema = await make();
    const open = (): PostgresSnapshotShelf => new PostgresSnapshotShelf(schema.pool());
    return { shelf: open(), another: open, [Symbol.asyncDispose]: () => schema[Symbol.asyncDispose]() };
  });
});
