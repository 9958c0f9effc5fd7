import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Operator } from "../../src/operator/operator.ts";
import type { Changed } from "../../src/trust/happenings/happening.ts";
import { Happenings } from "../../src/trust/happenings/happenings.ts";
import { until } from "../cli/support/serve.ts";
import { openCountedStore } from "../support/counted-store.ts";
import { identity } from "./support/identities.ts";
import { openScene } from "./support/scene.ts";

const ada = await identity("ada");

describe("a guard's stream", () => {
  it("tells of a change of trust when it is nobody else's, too", async () => {
    await using scene = await openScene();
    const told: Changed[] = [];
    scene.guard.happenings.subscribe(["changed"], (changed) => void told.push(changed));
    await scene.operator.import(ada.facts, { name: "ada" });
    await until(() => told.length > 0);
    assert.deepEqual([...(told[0]?.changes.keys() ?? [])], [ada.facts.pin]);
  });

  it("leaves it to whoever gave it a stream, which others flow into as well", async () => {
    const happenings = new Happenings();
    await using scene = await openScene({ happenings });
    happenings.subscribe(["changed"], () => assert.fail("another guard would tell it again"));
    let looked = 0;
    scene.trust.onChange(() => void (looked += 1));
    await scene.operator.import(ada.facts, { name: "ada" });
    await until(() => looked > 0);
  });

  it("leaves no listener behind, and its store has none, when it is closed", async () => {
    const store = openCountedStore();
    let heard: readonly string[] = [];
    const happenings = new Happenings({ onHeard: (types) => (heard = types) });
    await using scene = await openScene({ happenings, store });
    assert.equal(store.listeners(), 1);
    scene.guard.close();
    assert.equal(store.listeners(), 0);
    assert.deepEqual(heard, []);
    const operator = new Operator(store, { user: "test", process: "test", now: Date.now });
    await operator.import(ada.facts, { name: "ada" });
  });
});
