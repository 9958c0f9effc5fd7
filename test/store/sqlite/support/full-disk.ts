// Fills a store until its files may not grow any more, then says what becomes of a known and of a new client.
import { openSqliteStore } from "../../../../src/store/sqlite/sqlite-store.ts";
import { Trust } from "../../../../src/trust/trust.ts";
import { claimOf } from "../../../../src/testing/contract/claims.ts";
import { factsOf } from "../../../support/certificates.ts";

const path = process.argv[2] ?? "";
const anna = factsOf("anna");
await using store = openSqliteStore(path);
await using trust = new Trust(store, { policy: { firstUse: "accept" }, now: Date.now, process: "test 1" });
await store.apply(claimOf(anna));
try {
  for (let index = 0; ; index++)
    await store.apply(claimOf(factsOf(`peer-${index}`, { der: new Uint8Array(40_000) })));
} catch {
  // The disk is full now.
}
const known = trust.judge({ certificate: anna, caSigned: false, remoteAddress: undefined });
console.log(`known: ${known.decision}`);
const showing = {
  certificate: factsOf("ben", { der: new Uint8Array(40_000) }),
  caSigned: false,
  remoteAddress: undefined,
};
const verdict = trust.judge(showing);
const settled = verdict.decision === "claim" ? await trust.settle(verdict, showing) : verdict;
console.log(`first use: ${settled.decision === "refuse" ? settled.reason : settled.decision}`);
const { problems, chain } = store.check();
console.log(problems.length === 0 && chain.broken === null ? "sound" : "damaged");
