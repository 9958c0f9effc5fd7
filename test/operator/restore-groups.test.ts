import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { factsOf } from "../support/certificates.ts";
import { Archive } from "./support/archive.ts";

describe("groups of a store that is restored", () => {
  it("get nobody back who left the operators", async () => {
    await using archive = new Archive();
    const { operator, store } = archive;
    await archive.meet("boss");
    await archive.meet("olga");
    await operator.addToGroup("operators", "boss");
    await operator.addToGroup("operators", "olga");
    await using backup = await archive.backUp();
    await operator.removeFromGroup("operators", "olga");
    await archive.restore(backup);
    assert.deepEqual(
      [store.isMember("operators", "boss"), store.isMember("operators", "olga")],
      [true, false],
    );
  });

  it("get nobody back whose only key stays barred, and nothing is left to do the second time", async () => {
    await using archive = new Archive();
    const { operator, store } = archive;
    const [, ben] = [await archive.meet("anna"), await archive.meet("ben"), await archive.meet("carl")];
    const next = factsOf("ben");
    for (const name of ["anna", "ben", "carl"]) await operator.addToGroup("dba", name);
    await using backup = await archive.backUp();
    for (const name of ["anna", "ben", "carl"]) await operator.removeFromGroup("dba", name);
    await operator.revoke("anna");
    await archive.rotate(ben, next);
    await operator.revoke("carl");
    await operator.forget("carl");
    const { totals } = await archive.restore(backup);
    assert.deepEqual(
      ["anna", "ben", "carl"].map((name) => store.groupsOf(name)),
      [[], ["dba"], []],
    );
    assert.deepEqual([totals.groups, totals.barred], [1, 1]);
    const again = await archive.restore(backup);
    assert.deepEqual([again.after, again.totals.groups], [again.before, 0]);
  });
});
