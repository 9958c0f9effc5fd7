import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import { claimOf } from "../../src/testing/contract/claims.ts";
import { factsOf } from "../support/certificates.ts";
import { runHere } from "./support/run-here.ts";
import { Home } from "./support/serve.ts";
import { failure, openHomeStore, printed } from "./support/trust.ts";

describe("group add", () => {
  it("makes an operator of a peer with several keys only when told that all are meant, and lists them", async () => {
    using home = new Home();
    const [one, other] = [factsOf("anna"), factsOf("anna")];
    const { store, operator } = openHomeStore(home);
    await store.apply(claimOf(one));
    await operator.import(other, { onConflict: "add" });
    await store.close();
    const { stderr } = await failure(home, "group", "add", "operators", "anna");
    for (const { pin } of [one, other]) assert.ok(stderr.includes(`  ${toKeyId(pin)} (trusted)`));
    assert.match(stderr, /handclasp group add GROUP \S+ --all-keys/);
    await printed(home, "group", "add", "lab", "anna");
    const added = await runHere(home, ["group", "add", "operators", one.pin, "--all-keys"]);
    assert.deepEqual([added.code, added.stdout], [0, "added  anna  operators\n"]);
    for (const { pin } of [one, other]) assert.ok(added.stderr.includes(`  ${toKeyId(pin)} (trusted)`));
  });

  it("takes a version of one key, or all keys, and not both", async () => {
    using home = new Home();
    const args = ["group", "add", "operators", "anna", "--all-keys", "--if-version", "1"];
    assert.equal((await runHere(home, args)).code, 2);
  });
});
