import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Changed } from "../../../src/trust/happenings/happening.ts";
import { Happenings } from "../../../src/trust/happenings/happenings.ts";
import { until } from "../../cli/support/serve.ts";
import { identity } from "../../guard/support/identities.ts";
import { openCountedStore } from "../../support/counted-store.ts";
import { configOf, GATEWAY_TYPES, listenerTo, openGateway } from "../support/scene.ts";
import { openUpstream, talking } from "../support/upstream.ts";

const ada = await identity("ada");

describe("a gateway's stream", () => {
  it("tells of a change of trust once, however many listeners and policies there are", async () => {
    const { policy } = listenerTo(1);
    const other = listenerTo(1, { name: "other", policy: { ...policy, firstUse: "refuse" } });
    await using scene = await openGateway(configOf([listenerTo(1), other]));
    const told: Changed[] = [];
    const stop = scene.happenings.subscribe(["changed"], (changed) => void told.push(changed));
    await scene.operator.import(ada.facts, { name: "ada" });
    await scene.operator.revoke("ada");
    await until(() => told.length === 2);
    const falls = told.map(({ changes }) => changes.get(ada.facts.pin)?.fell);
    assert.deepEqual(falls, [undefined, "revoked"]);
    stop();
  });

  it("has nothing made of a change of trust that nobody hears of", async () => {
    const happenings = new Happenings();
    happenings.tell = ({ type }) => assert.notEqual(type, "changed");
    await using scene = await openGateway(configOf([listenerTo(1)]), { happenings });
    await scene.operator.import(ada.facts, { name: "ada" });
    assert.deepEqual(scene.errors, []);
  });

  it("has no listener of its own, nor has its store when it is closed, reloads included", async () => {
    const heard = new Set<string>();
    const happenings = new Happenings({
      onHeard: (types) => {
        for (const type of types) heard.add(type);
      },
    });
    const store = openCountedStore();
    await using upstream = await openUpstream();
    await using scene = await openGateway(configOf([listenerTo(upstream.port)]), { happenings, store });
    const client = await talking(scene.port, ada);
    for (const most of [10, 20]) {
      await scene.gateway.reload(configOf([listenerTo(upstream.port, { maxConnections: most })]));
    }
    client.destroy();
    await until(() => scene.closed.length === 2);
    assert.ok(store.listeners() > 0);
    await scene.gateway.close();
    assert.equal(store.listeners(), 0);
    // The scene listens itself.
    assert.deepEqual([...heard].toSorted(), [...GATEWAY_TYPES, "failed"].toSorted());
    await store.close();
  });
});
