// Waits for a line, then claims the names of 100 peers with keys of its own, and prints how many it won.
import { once } from "node:events";
import { openSqliteStore } from "../../../../src/store/sqlite/sqlite-store.ts";
import { claimOf } from "../../../../src/testing/contract/claims.ts";
import { factsOf } from "../../../support/certificates.ts";

await using store = openSqliteStore(process.argv[2] ?? "");
console.log("ready");
await once(process.stdin, "data");
let won = 0;
for (let index = 0; index < 100; index += 10) {
  const names = Array.from({ length: 10 }, (_, offset) => `peer-${index + offset}`);
  const claims = names.map((name) => store.apply(claimOf(factsOf(name), { maxPending: 1000 })));
  for (const outcome of await Promise.all(claims)) if (outcome.kind === "changed") won++;
}
console.log(won);
