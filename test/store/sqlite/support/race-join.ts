// Waits for a line, then comes with 20 keys and one join token, at once, and prints how many it got in.
import { once } from "node:events";
import { openSqliteStore } from "../../../../src/store/sqlite/sqlite-store.ts";
import { joinOf } from "../../../../src/testing/contract/join-tokens.ts";
import { factsOf } from "../../../support/certificates.ts";

await using store = openSqliteStore(process.argv[2] ?? "");
console.log("ready");
await once(process.stdin, "data");
const outcomes = await Promise.all(Array.from({ length: 20 }, () => store.apply(joinOf(factsOf("anna")))));
console.log(outcomes.filter(({ kind }) => kind === "changed").length);
