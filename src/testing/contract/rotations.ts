// What every store promises about rotations.
import assert from "node:assert/strict";
import type { Outcome, RotateChange } from "../../trust/records/change.ts";
import { type Actor } from "../../trust/records/events.ts";
import type { KeyPin } from "../../trust/records/key-record.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { toSeenCertificate } from "../../trust/judging/seen-certificate.ts";
import type { CertificateFacts } from "../../x509/certificate-facts.ts";
import { everyEvent, type StoreSuite } from "./store-suite.ts";
import { factsOf } from "./made-up-certificates.ts";

const AT = Date.UTC(2030, 0, 1);
const DAY = 24 * 3600 * 1000;
const OPERATOR: Actor = { user: "olga", process: "test 1", address: null, listener: null };
const SERVER: Actor = { user: null, process: "serve 2", address: "192.0.2.1", listener: null };

export function rotateOf(by: KeyPin, next: CertificateFacts, over: Partial<RotateChange> = {}): RotateChange {
  return {
    type: "rotate",
    at: AT + 10,
    actor: SERVER,
    endorsedBy: { pin: by, issuedAt: AT + 5 },
    certificate: toSeenCertificate(next),
    pendingExpires: AT + 1000,
    maxPending: 3,
    ...over,
  };
}

async function typesOf(store: TrustStore): Promise<readonly string[]> {
  return (await everyEvent(store)).map(({ type }) => type);
}

function won(outcome: Outcome): boolean {
  return outcome.kind === "changed";
}

/** Registers this part for one kind of store. */
export function describeRotations({ kind, open, describe, it }: StoreSuite): void {
  /** A store that trusts one key, until a moment if one is given. */
  async function trusting(anna: CertificateFacts, expires: number | null = null): Promise<TrustStore> {
    const store = await open();
    const change = { certificate: toSeenCertificate(anna), peer: "Anna", onConflict: "fail" } as const;
    await store.apply({ type: "import", at: AT, actor: OPERATOR, ...change, expires });
    return store;
  }

  describe(`${kind}: rotations`, () => {
    it("trust the new key under the old one's name and end, and retire the old one", async () => {
      const [anna, next] = [factsOf("anna"), factsOf("somebody else")];
      await using store = await trusting(anna, AT + 5000);
      assert.ok(won(await store.apply(rotateOf(anna.pin, next))));
      const [old, key] = [store.key(anna.pin), store.key(next.pin)];
      assert.deepEqual([old?.state, old?.peer, old?.expires], ["retired", "Anna", null]);
      assert.deepEqual(
        [key?.state, key?.peer, key?.claimedName, key?.source, key?.expires],
        ["trusted", "Anna", "somebody else", "rotation", AT + 5000],
      );
      assert.deepEqual(await typesOf(store), ["imported", "rotated", "retired"]);
      assert.equal((await store.listCertificates(next.pin)).length, 1);
    });

    it("are done once: the same again changes nothing", async () => {
      const [anna, next] = [factsOf("anna"), factsOf("anna")];
      await using store = await trusting(anna);
      const outcomes = await Promise.all([1, 2, 3].map(() => store.apply(rotateOf(anna.pin, next))));
      assert.ok(outcomes.every(won));
      assert.deepEqual(await typesOf(store), ["imported", "rotated", "retired"]);
    });

    it("of two keys take exactly one, and keep the other for review", async () => {
      const [anna, ...rivals] = [factsOf("anna"), factsOf("anna"), factsOf("anna")];
      await using store = await trusting(anna);
      const outcomes = await Promise.all(rivals.map((one) => store.apply(rotateOf(anna.pin, one))));
      assert.deepEqual(outcomes.map(won), [true, false]);
      assert.deepEqual(
        rivals.map(({ pin }) => store.key(pin)?.state),
        ["trusted", "pending"],
      );
    });

    it("take nothing from a key that was barred, forgotten or has run out since it was judged", async () => {
      for (const how of ["revoke", "ignore", "forget", "end"] as const) {
        const [anna, next] = [factsOf("anna"), factsOf("anna")];
        await using store = await trusting(anna, how === "end" ? AT + 10 : null);
        if (how !== "end") await store.apply({ type: how, at: AT + 1, actor: OPERATOR, key: anna.pin });
        const outcome = await store.apply(rotateOf(anna.pin, next));
        assert.equal(won(outcome), false, how);
        assert.equal(store.key(next.pin)?.state, "pending", how);
        assert.equal((await typesOf(store)).includes("rotated"), false);
      }
    });

    it("take nothing that a key endorsed before it was trusted again", async () => {
      const [anna, next] = [factsOf("anna"), factsOf("anna")];
      await using store = await trusting(anna);
      await store.apply({ type: "revoke", at: AT + 1, actor: OPERATOR, key: anna.pin });
      const approval = { peer: null, onConflict: "fail", expires: null } as const;
      await store.apply({ type: "approve", at: AT + 6, actor: OPERATOR, key: anna.pin, ...approval });
      assert.equal(won(await store.apply(rotateOf(anna.pin, next))), false);
      const later = { endorsedBy: { pin: anna.pin, issuedAt: AT + 6 } };
      assert.ok(won(await store.apply(rotateOf(anna.pin, next, later))));
    });

    it("take what a key endorsed while its approval had run out once it is approved again", async () => {
      const [anna, next] = [factsOf("anna"), factsOf("anna")];
      await using store = await trusting(anna, AT + 10);
      const meanwhile = { at: AT + 20, endorsedBy: { pin: anna.pin, issuedAt: AT + 20 } };
      assert.equal(won(await store.apply(rotateOf(anna.pin, next, meanwhile))), false);
      const approval = { peer: null, onConflict: "fail", expires: null } as const;
      await store.apply({ type: "approve", at: AT + 30, actor: OPERATOR, key: anna.pin, ...approval });
      assert.ok(won(await store.apply(rotateOf(anna.pin, next, { ...meanwhile, at: AT + 40 }))));
    });

    it("of one peer are as many as its limit says, whichever processes they come to", async () => {
      const minute = 60_000;
      const [anna, ben, bens] = [factsOf("anna"), factsOf("ben"), factsOf("ben")];
      await using store = await trusting(anna);
      const limit = { burst: 2, perSecond: 1 / 60 };
      let [last, at] = [anna, AT + 10];
      const rotate = async (): Promise<string> => {
        const next = factsOf("anna");
        const endorsedBy = { pin: last.pin, issuedAt: at };
        const outcome = await store.apply(rotateOf(last.pin, next, { at, endorsedBy, limit }));
        if (outcome.kind === "lost") {
          assert.equal(store.key(next.pin), undefined, "what comes too often is not kept");
          return outcome.reason;
        }
        last = next;
        return "rotated";
      };
      assert.deepEqual(
        [await rotate(), await rotate(), await rotate()],
        ["rotated", "rotated", "rate-limited"],
      );
      at += minute;
      assert.deepEqual([await rotate(), await rotate()], ["rotated", "rate-limited"]);
      const import_ = { certificate: toSeenCertificate(ben), peer: null, onConflict: "fail" } as const;
      await store.apply({ type: "import", at: AT, actor: OPERATOR, ...import_, expires: null });
      assert.ok(won(await store.apply(rotateOf(ben.pin, bens, { limit }))), "peers share nothing");
      at += 2 * minute;
      assert.deepEqual(
        [await rotate(), await rotate(), await rotate()],
        ["rotated", "rotated", "rate-limited"],
      );
    });

    it("are counted when they happen, though their keys were pending long before", async () => {
      const anna = factsOf("anna");
      await using store = await trusting(anna);
      const keys = [factsOf("anna"), factsOf("anna"), factsOf("anna")];
      for (const key of keys) {
        const pending = { pendingExpires: AT + 20 * DAY, maxPending: 3, conflictsWith: anna.pin } as const;
        const certificate = toSeenCertificate(key);
        await store.apply({ type: "hold", at: AT, actor: SERVER, peer: "anna", certificate, ...pending });
      }
      const [limit, at] = [{ burst: 2, perSecond: 1 / 60 }, AT + 10 * DAY];
      const outcomes: string[] = [];
      let last = anna;
      for (const key of keys) {
        const change = rotateOf(last.pin, key, { at, endorsedBy: { pin: last.pin, issuedAt: at }, limit });
        const outcome = await store.apply(change);
        outcomes.push(outcome.kind === "lost" ? outcome.reason : "rotated");
        last = key;
      }
      assert.deepEqual(outcomes, ["rotated", "rotated", "rate-limited"]);
    });

    it("do not bring back a key that was forgotten, nor lift what was decided about it", async () => {
      for (const how of ["forget", "revoke", "ignore"] as const) {
        const [anna, next] = [factsOf("anna"), factsOf("next")];
        await using store = await trusting(anna);
        const change = { certificate: toSeenCertificate(next), peer: null, onConflict: "fail" } as const;
        await store.apply({ type: "import", at: AT + 1, actor: OPERATOR, ...change, expires: null });
        await store.apply({ type: how, at: AT + 2, actor: OPERATOR, key: next.pin });
        assert.equal(won(await store.apply(rotateOf(anna.pin, next))), false, how);
        assert.notEqual(store.key(next.pin)?.state, "trusted");
        assert.equal(store.key(anna.pin)?.state, "trusted");
      }
    });

    it("retire the old key though the new one is trusted already, which keeps its own name", async () => {
      const [anna, next] = [factsOf("anna"), factsOf("next")];
      await using store = await trusting(anna);
      const change = { certificate: toSeenCertificate(next), peer: null, onConflict: "fail" } as const;
      await store.apply({ type: "import", at: AT + 1, actor: OPERATOR, ...change, expires: null });
      assert.ok(won(await store.apply(rotateOf(anna.pin, next))));
      assert.deepEqual([store.key(anna.pin)?.state, store.key(next.pin)?.peer], ["retired", "next"]);
    });
  });
}
