// Waits for a line, then rotates the keys of twenty peers, or revokes those peers by name, and says that it is done.
import { once } from "node:events";
import { openSqliteStore } from "../../../../src/store/sqlite/sqlite-store.ts";
import { Operator } from "../../../../src/operator/operator.ts";
import { rotateOf } from "../../../../src/testing/contract/rotations.ts";
import { factsOf } from "../../../support/certificates.ts";
import { keysIn } from "../../../support/listed.ts";

const [, , path = "", what] = process.argv;
await using store = openSqliteStore(path);
const operator = new Operator(store, { user: "olga", process: `race ${process.pid}`, now: Date.now });
const peers = await keysIn(store);
console.log("ready");
await once(process.stdin, "data");
// One after the other, so that the transactions of both processes come between each other.
for (const { pin, peer } of peers) {
  if (what === "rotate") await store.apply(rotateOf(pin, factsOf(peer ?? undefined)));
  else await operator.revoke(peer ?? "");
}
console.log("done");
