import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ForwardingListener } from "../../src/gateway/config/config.ts";
import type { Cut } from "../../src/trust/happenings/connection-happening.ts";
import { CUT_REASONS, type CutReason } from "../../src/trust/happenings/cut-reason.ts";
import { until } from "../cli/support/serve.ts";
import { identity } from "../guard/support/identities.ts";
import { configOf, type GatewayScene, listenerTo, openGateway } from "./support/scene.ts";
import { exchange, gone, openClient, openUpstream } from "./support/upstream.ts";

const [ada, next] = await Promise.all([identity("ada"), identity("next")]);

interface Way {
  readonly listener?: Partial<ForwardingListener>;
  /** What is done to a connection that is open; nothing where time does it. */
  readonly act?: (scene: GatewayScene, upstream: number) => Promise<unknown>;
}

const WAYS: Readonly<Record<CutReason, Way>> = {
  revoked: { act: ({ operator }) => operator.revoke("ada") },
  ignored: { act: ({ operator }) => operator.ignore("ada") },
  retired: { act: ({ operator }) => operator.import(next.facts, { name: "ada", onConflict: "replace" }) },
  "set-aside": { act: ({ operator }) => operator.setAside("ada") },
  forgotten: { act: ({ operator }) => operator.forget("ada") },
  "approval-ended": {
    act: ({ operator }) => operator.approve(ada.facts.pin, { expires: Date.now() - 1 }),
  },
  "not-allowed": {
    act: ({ gateway }, upstream) => gateway.reload(configOf([listenerTo(upstream, { allow: ["bob"] })])),
  },
  renamed: { act: ({ operator }) => operator.rename("ada", "grace") },
  "store-unavailable": {
    act({ store, operator }) {
      store.key = () => {
        throw new Error("the disk is gone");
      };
      return operator.note(ada.facts.pin, "to be looked at again");
    },
  },
  "too-old": { listener: { maxConnectionAgeMs: 20 } },
  idle: { listener: { idleTimeoutMs: 20 } },
  closed: { act: ({ gateway }) => gateway.close() },
};

describe("a connection that is cut", { timeout: 60_000 }, () => {
  for (const reason of CUT_REASONS) {
    it(`says why, once: ${reason}`, async () => {
      await using upstream = await openUpstream();
      await using scene = await openGateway(configOf([listenerTo(upstream.port, WAYS[reason].listener)]));
      const told: Cut[] = [];
      scene.happenings.subscribe(["cut"], (cut) => void told.push(cut));
      const [{ guard } = assert.fail()] = scene.opened;
      const client = await openClient(scene.port, ada);
      client.on("error", () => undefined);
      const over = gone(client);
      const { act } = WAYS[reason];
      if (act !== undefined) {
        await until(() => [...guard.connections].length === 1);
        await act(scene, upstream.port);
      }
      await over;
      const { reason: inRelayed } = await scene.event("relayed");
      const ofWhom = told.map(({ peer, connection, reason: why }) => [peer?.name, connection.listener, why]);
      assert.deepEqual([ofWhom, inRelayed], [[["ada", "main", reason]], reason]);
      const counted = Object.entries(guard.stats.cut).filter(([, count]) => count > 0);
      assert.deepEqual(counted, [[reason, 1]]);
    });
  }

  it("is none when its client ends it", async () => {
    await using upstream = await openUpstream();
    await using scene = await openGateway(configOf([listenerTo(upstream.port)]));
    scene.happenings.subscribe(["cut"], ({ reason }) => assert.fail(reason));
    assert.equal(await exchange(await openClient(scene.port, ada), "hello"), "hello");
    assert.equal((await scene.event("relayed")).reason, null);
  });
});
