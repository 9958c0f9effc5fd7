// Waits for a line, then comes with 20 keys never seen before, at once, and prints how many a window of first use let in.
import { once } from "node:events";
import { openSqliteStore } from "../../../../src/store/sqlite/sqlite-store.ts";
import { claimOf } from "../../../../src/testing/contract/claims.ts";
import { factsOf } from "../../../support/certificates.ts";

await using store = openSqliteStore(process.argv[2] ?? "");
console.log("ready");
await once(process.stdin, "data");
const outcomes = await Promise.all(
  Array.from({ length: 20 }, (_, at) =>
    store.apply(
      claimOf(factsOf(`${process.pid}-${at}`), {
        whileOpen: at % 2 === 0 ? "ask" : "refuse",
        maxPending: 1000,
      }),
    ),
  ),
);
console.log(outcomes.filter(({ kind }) => kind === "changed").length);
