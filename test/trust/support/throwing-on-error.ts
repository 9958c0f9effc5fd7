// A store that fails, and whoever is told of that throws.
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { Trust } from "../../../src/trust/trust.ts";
import { factsOf } from "../../support/certificates.ts";

process.on("uncaughtException", (error) => console.log(`uncaught: ${error.message}`));
const store = openMemoryStore();
const trust = new Trust(store, {
  now: Date.now,
  process: "test",
  onError(error) {
    throw new Error(`told, and throws: ${error instanceof Error ? error.message : "nothing"}`);
  },
});
const certificate = factsOf("anna");
store.key = () => {
  throw new Error("the disk is gone");
};
console.log(trust.standing(certificate.pin).distrust);
console.log(trust.groups.groupsOf(certificate.pin).length);
const verdict = trust.judge({ certificate, caSigned: false, remoteAddress: undefined });
console.log(verdict.decision === "refuse" ? verdict.reason : verdict.decision);
