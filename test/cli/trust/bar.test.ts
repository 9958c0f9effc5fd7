import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { factsOf } from "../../support/certificates.ts";
import { runHere } from "../support/run-here.ts";
import { Home } from "../support/serve.ts";
import { failure, openHomeStore, printed, printedJson } from "../support/trust.ts";

const VERBS = [
  ["revoke", "revoked", "revoked"],
  ["ignore", "ignored", "ignored"],
  ["set-aside", "pending", "set aside"],
] as const;

interface Scene extends Disposable {
  readonly home: Home;
  /** The states of all keys that are there. */
  states(): Promise<readonly string[]>;
}

/** A home whose store trusts these. */
async function trusting(...names: readonly string[]): Promise<Scene> {
  const home = new Home();
  const { store, operator } = openHomeStore(home);
  for (const name of names) await operator.import(factsOf(name), { onConflict: "add" });
  await store.close();
  return {
    home,
    states: async () => (await printedJson(home, "trust", "list")).map(({ state }) => String(state)),
    [Symbol.dispose]: () => home[Symbol.dispose](),
  };
}

describe("verbs that take the trust from keys", () => {
  for (const [verb, state, word] of VERBS)
    it(`do so, and say which: ${verb}`, async () => {
      using scene = await trusting("anna", "ben");
      assert.match(
        await printed(scene.home, "trust", verb, "anna"),
        new RegExp(`${word}.*anna|anna.*${word}`),
      );
      assert.deepEqual((await scene.states()).toSorted(), [state, "trusted"].toSorted());
    });

  it("mean all keys of a peer, and ask nobody where nobody can answer", async () => {
    using scene = await trusting("anna", "anna");
    await printed(scene.home, "trust", "revoke", "anna");
    assert.deepEqual(await scene.states(), ["revoked", "revoked"]);
  });

  it("mean one key of a peer when it is named by itself", async () => {
    using scene = await trusting("anna", "anna");
    const [first] = await printedJson(scene.home, "trust", "list");
    await printed(scene.home, "trust", "revoke", String(first?.["keyId"]));
    assert.deepEqual((await scene.states()).toSorted(), ["revoked", "trusted"]);
  });

  it("change nothing for a name that nobody has, and in a store that is not there", async () => {
    using scene = await trusting("anna");
    await failure(scene.home, "trust", "ignore", "ben");
    assert.deepEqual(await scene.states(), ["trusted"]);
    using none = new Home();
    assert.equal((await runHere(none, ["trust", "revoke", "anna"])).code, 1);
  });

  it("change nothing that others have changed since it was looked at", async () => {
    using scene = await trusting("anna");
    await printed(scene.home, "trust", "note", "anna", "seen");
    await failure(scene.home, "trust", "revoke", "anna", "--if-version", "1");
    assert.deepEqual(await scene.states(), ["trusted"]);
  });

  it("only say what they would do, when asked to", async () => {
    using scene = await trusting("anna");
    const { code, stderr } = await runHere(scene.home, ["trust", "revoke", "anna", "--dry-run"]);
    assert.deepEqual([code, stderr], [0, "would be revoked 1, failed 0\n"]);
    assert.deepEqual(await scene.states(), ["trusted"]);
  });
});

describe("trust forget", () => {
  it("removes a key, and tells programs what was there", async () => {
    using scene = await trusting("anna", "ben");
    const [gone] = await printedJson(scene.home, "trust", "forget", "anna");
    assert.equal(gone?.["peer"], "anna");
    assert.match(String(gone?.["keyId"]), /^[A-Z2-7-]+$/);
    assert.deepEqual(await scene.states(), ["trusted"]);
  });
});
