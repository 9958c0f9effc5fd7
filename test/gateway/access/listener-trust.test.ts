import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ListenerTrust } from "../../../src/gateway/access/listener-trust.ts";
import { GuardedConnection } from "../../../src/guard/connection/guarded-connection.ts";
import type { Welcome } from "../../../src/gateway/access/welcome.ts";
import { Operator } from "../../../src/operator/operator.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import type { TrustChanges } from "../../../src/trust/happenings/trust-changes.ts";
import { Trust } from "../../../src/trust/trust.ts";
import { identity } from "../../guard/support/identities.ts";
import { until } from "../../cli/support/serve.ts";

const [ada, bob] = await Promise.all([identity("ada"), identity("bob")]);

/** Trusts ada, who is in the group lab, and bob. */
class Scene implements AsyncDisposable {
  readonly store = openMemoryStore();
  readonly operator = new Operator(this.store, { user: "test", process: "test", now: Date.now });
  readonly trust = new Trust(this.store, { now: Date.now, process: "test" });

  static async open(): Promise<Scene> {
    const scene = new Scene();
    await scene.operator.import(ada.facts, { name: "ada" });
    await scene.operator.import(bob.facts, { name: "bob" });
    await scene.operator.addToGroup("lab", "ada");
    return scene;
  }

  listener(allow: readonly string[]): ListenerTrust {
    return new ListenerTrust(this.trust, both(allow), this.store);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.trust[Symbol.asyncDispose]();
    await this.store[Symbol.asyncDispose]();
  }
}

/** Lets in the same, whether they are known or come for the first time. */
function both(allow: readonly string[]): Welcome {
  return { known: allow, newcomers: allow };
}

function verdictOf(trust: ListenerTrust, { facts: certificate }: typeof ada): string {
  const verdict = trust.judge({ certificate, caSigned: false, remoteAddress: "127.0.0.1" });
  return verdict.decision === "refuse" ? verdict.reason : verdict.decision;
}

/** What becomes of a stranger who shows a token that is as it should be. */
async function joining(scene: Scene, trust: ListenerTrust, tokenId: string): Promise<readonly unknown[]> {
  const { facts: certificate } = await identity("nobody");
  const joinProof = { tokenId, isSignedBy: () => true, isSignedFor: () => true };
  const showing = { certificate, caSigned: false, remoteAddress: "127.0.0.1", joinProof };
  const verdict = trust.judge(showing);
  if (verdict.decision === "admit") return ["admit"];
  if (verdict.decision === "refuse") return [verdict.reason, verdict.concern, usedAt(scene, tokenId)];
  const { decision } = await trust.settle(verdict, showing);
  return [decision, trust.standing(certificate.pin).distrust];
}

function usedAt({ store }: Scene, tokenId: string): number | null | undefined {
  return store.token(tokenId)?.usedAt;
}

async function tokenFor({ operator }: Scene, peer: string, groups: readonly string[]): Promise<string> {
  const replace = peer === "ada" || peer === "bob";
  const server = { servers: ["127.0.0.1:1"], serverPin: ada.facts.pin };
  return (await operator.createToken({ peer, groups, replace, ...server })).id;
}

describe("the trust of a listener", () => {
  it("lets in who joins with a token that leads into a group of its list, or whose name is in it", async () => {
    await using scene = await Scene.open();
    const trust = scene.listener(["group:LAB", "group:nobody yet", "Carl"]);
    const invited = [
      await tokenFor(scene, "dora", ["lab"]),
      await tokenFor(scene, "erik", ["other", "Nobody Yet"]),
      await tokenFor(scene, "carl", []),
      await tokenFor(scene, "ada", []),
    ];
    for (const token of invited) assert.deepEqual(await joining(scene, trust, token), ["admit", undefined]);
    assert.deepEqual(scene.store.groupsOf("erik"), ["Nobody Yet", "other"]);
  });

  it("leaves a token unused whose peer its list would not let in even then", async () => {
    await using scene = await Scene.open();
    const trust = scene.listener(["group:lab"]);
    for (const peer of ["dora", "bob"]) {
      const token = await tokenFor(scene, peer, ["other"]);
      assert.deepEqual(await joining(scene, trust, token), [
        "not-allowed",
        { about: token, problem: "not-listed" },
        null,
      ]);
    }
    trust.welcome([["group:lab"], ["dora"]].map(both), []);
    const token = await tokenFor(scene, "dora", ["lab"]);
    assert.deepEqual(await joining(scene, trust, token), ["admit", undefined]);
  });

  it("lets in whom its list has, by name or by group, and all of them by a word", async () => {
    await using scene = await Scene.open();
    const verdicts = [["any-peer"], ["anyone"], ["ada"], ["group:lab"], []].map((allow) => {
      const trust = scene.listener(allow);
      return [verdictOf(trust, ada), verdictOf(trust, bob)];
    });
    const [none, here] = ["not-allowed", "admit"];
    assert.deepEqual(verdicts, [
      [here, here],
      [here, here],
      [here, none],
      [here, none],
      [none, none],
    ]);
  });

  it("lets in whom it has by network, a peer or a stranger, by where each connection comes from", async () => {
    await using scene = await Scene.open();
    const trust = scene.listener(["network:10.0.0.0/8", "group:lab"]);
    const verdicts = ["10.0.0.7", "::ffff:10.0.0.7", "11.0.0.7", undefined].map((remoteAddress) => {
      const from = { remoteAddress };
      const verdict = trust.judge({ certificate: bob.facts, caSigned: false, remoteAddress });
      const { distrust } = trust.standing(bob.facts.pin, from);
      const hers = trust.standing(ada.facts.pin, from, ["lab"]).distrust;
      return [verdict.decision, distrust, hers, trust.letsInAnonymous(from)];
    });
    const [here, none] = [
      ["admit", undefined, undefined, true],
      ["refuse", "not-allowed", "not-allowed", false],
    ];
    assert.deepEqual(verdicts, [here, here, none, none]);
    assert.equal(trust.standing(ada.facts.pin).distrust, undefined);
  });

  it("lets in no client without a certificate by a name, a group or any-peer", async () => {
    await using scene = await Scene.open();
    const from = { remoteAddress: "127.0.0.1" };
    for (const [allow, letsIn] of [
      [["any-peer"], false],
      [["ada", "group:lab"], false],
      [[], false],
      [["anyone"], true],
    ] as const) {
      assert.equal(scene.listener(allow).letsInAnonymous(from), letsIn, String(allow));
    }
  });

  it("makes nobody a peer by letting in anyone: newcomers have a list of their own", async () => {
    await using scene = await Scene.open();
    const trust = new Trust(scene.store, { now: Date.now, process: "test", policy: { firstUse: "accept" } });
    const welcome = { known: ["anyone"], newcomers: ["ada"] };
    const listener = new ListenerTrust(trust, welcome, scene.store);
    assert.equal(verdictOf(listener, await identity("mallory")), "not-allowed");
    assert.equal(verdictOf(listener, bob), "admit");
    await trust[Symbol.asyncDispose]();
  });

  it("refuses for what trust says before it looks at its list", async () => {
    await using scene = await Scene.open();
    await scene.operator.revoke("ada");
    assert.equal(verdictOf(scene.listener([]), ada), "revoked");
  });

  it("says of a key that its list leaves out that it is not allowed, and of others how they stand", async () => {
    await using scene = await Scene.open();
    const trust = scene.listener(["group:lab"]);
    await scene.operator.approve(ada.facts.pin, { expires: Date.now() + 60_000 });
    const [hers, his] = [trust.standing(ada.facts.pin), trust.standing(bob.facts.pin)];
    assert.deepEqual(hers, scene.trust.standing(ada.facts.pin));
    assert.deepEqual([his.peer, his.distrust], ["bob", "not-allowed"]);
  });

  it("lets in nobody when groups cannot be looked up", async () => {
    await using scene = await Scene.open();
    const trust = new ListenerTrust(scene.trust, both(["group:lab"]), {
      isMember: () => {
        throw new Error("the disk is gone");
      },
    });
    assert.equal(verdictOf(trust, ada), "store-unavailable");
    assert.equal(trust.standing(ada.facts.pin).distrust, "store-unavailable");
  });

  it("says that who left a group of its list fell, unless something else lets its peer in", async () => {
    await using scene = await Scene.open();
    const lists = [["group:lab"], ["group:lab", "ada"], ["any-peer"]];
    const told = lists.map((allow) => {
      const falls: unknown[] = [];
      scene.listener(allow).onChange((changes) => falls.push(changes.get(ada.facts.pin)?.fell));
      return falls;
    });
    await scene.operator.removeFromGroup("lab", "ada");
    await until(() => told.every(({ length }) => length === 1));
    assert.deepEqual(told, [["not-allowed"], [undefined], [undefined]]);
  });

  it("says so though its peer is in the group again, and passes on how others fell", async () => {
    await using scene = await Scene.open();
    const falls = new Map<string, unknown>();
    scene.listener(["group:lab"]).onChange((changes) => {
      for (const [pin, { fell }] of changes) falls.set(pin, fell);
    });
    await Promise.all([
      scene.operator.removeFromGroup("lab", "ada"),
      scene.operator.addToGroup("lab", "ada"),
      scene.operator.ignore("bob"),
    ]);
    await until(() => falls.size === 2);
    assert.deepEqual(Object.fromEntries(falls), {
      [ada.facts.pin]: "not-allowed",
      [bob.facts.pin]: "ignored",
    });
  });

  it("has open connections looked at again by another list, until nobody listens", async () => {
    await using scene = await Scene.open();
    const trust = scene.listener(["any-peer"]);
    const told: TrustChanges[] = [];
    const stop = trust.onChange((changes) => told.push(changes));
    const connection = Object.create(GuardedConnection.prototype, {
      peer: { value: { pin: bob.facts.pin } },
    }) as GuardedConnection;
    trust.welcome([both(["ada"])], [connection]);
    assert.deepEqual(
      told.map((changes) => [...changes.keys()]),
      [[bob.facts.pin]],
    );
    assert.equal(trust.standing(bob.facts.pin).distrust, "not-allowed");
    stop();
    trust.welcome([both(["any-peer"])], [connection]);
    await scene.operator.revoke("bob");
    assert.equal(told.length, 1);
  });

  it("lets in who is in each of several lists", async () => {
    await using scene = await Scene.open();
    const trust = scene.listener(["any-peer"]);
    trust.welcome([["ada", "bob"], ["any-peer"], ["bob"]].map(both), []);
    assert.equal(trust.standing(ada.facts.pin).distrust, "not-allowed");
    assert.equal(trust.standing(bob.facts.pin).distrust, undefined);
  });
});
