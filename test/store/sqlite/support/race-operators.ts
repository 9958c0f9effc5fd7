// node race-operators.ts PATH give|approve: makes peers operators, or approves strangers beside them, all at once.
import { once } from "node:events";
import { isHandclaspError } from "../../../../src/errors.ts";
import { Operator, type OperatorOptions } from "../../../../src/operator/operator.ts";
import { openSqliteStore } from "../../../../src/store/sqlite/sqlite-store.ts";
import { everyItem } from "../../../../src/trust/port/page.ts";

const [, , path = "", what] = process.argv;
await using store = openSqliteStore(path);
const by: OperatorOptions = { user: what ?? "", process: "test 1", now: Date.now, via: "bearer" };
const strangers: [pin: string, name: string][] = [];
for await (const { pin, claimedName } of everyItem((page) => store.listKeys({ ...page, state: "pending" }))) {
  strangers.push([pin, claimedName ?? ""]);
}
const operator = new Operator(store, { ...by, scope: what === "give" ? "admin" : "approve" });
console.log("ready");
await once(process.stdin, "data");
const acts = strangers.map(([pin, name]) =>
  what === "give"
    ? operator.addToGroup("operators", name)
    : operator.approve(pin, { name, onConflict: "add" }),
);
const codes = (await Promise.allSettled(acts)).map((act) => {
  if (act.status === "fulfilled") return "done";
  return isHandclaspError(act.reason) ? act.reason.code : String(act.reason);
});
console.log(codes.join(" "));
process.stdin.destroy();
