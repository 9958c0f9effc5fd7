// A listener that throws, one after it, and a change.
import { openMemoryStore } from "../../../../src/store/sqlite/memory-store.ts";
import { claimOf } from "../../../../src/testing/contract/claims.ts";
import { factsOf } from "../../../support/certificates.ts";

process.on("uncaughtException", (error) => console.log(`uncaught: ${error.message}`));
const store = openMemoryStore();
store.onEvents(() => {
  throw new Error("the listener throws");
});
store.onEvents(() => console.log("told"));
await store.apply(claimOf(factsOf("anna")));
console.log("applied");
await store.close();
