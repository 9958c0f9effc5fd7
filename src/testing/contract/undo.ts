// What every store promises about acts that are undone.
import assert from "node:assert/strict";
import { Operator } from "../../operator/operator.ts";
import type { Actor } from "../../trust/records/events.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { toSeenCertificate } from "../../trust/judging/seen-certificate.ts";
import type { CertificateFacts } from "../../x509/certificate-facts.ts";
import type { StoreSuite } from "./store-suite.ts";
import { factsOf } from "./made-up-certificates.ts";
import { hold } from "./pending-keys.ts";
import { rotateOf } from "./rotations.ts";
import { claimOf } from "./claims.ts";

const AT = Date.UTC(2030, 0, 1);

interface Scene {
  readonly store: TrustStore;
  readonly operator: Operator;
  readonly anna: CertificateFacts;
  /** Undoes the newest event. */
  readonly undo: () => Promise<unknown>;
  /** A key without what is never the same again. */
  readonly keyOf: (facts: CertificateFacts) => unknown;
}

const SERVER: Actor = { user: null, process: "serve 2", address: null, listener: null };
const ACTS = ["revoke", "ignore", "setAside"] as const;
const CHANGED = { code: "ERR_HANDCLASP_CHANGED" };

/** Registers this part for one kind of store. */
export function describeUndo({ kind, open, describe, it }: StoreSuite): void {
  /** Anna was met, and is in a group. */
  async function scene(): Promise<Scene> {
    const store = await open();
    let at = AT;
    const operator = new Operator(store, { user: "olga", process: "test 1", now: () => ++at });
    const anna = factsOf("anna");
    await store.apply(claimOf(anna));
    await operator.addToGroup("lab", "anna");
    const undo = (): Promise<unknown> => operator.undo(store.head().sequence);
    const keyOf = ({ pin }: CertificateFacts): unknown => {
      const { version: _version, endorsesFrom: _from, ...key } = store.key(pin) ?? assert.fail();
      return key;
    };
    return { store, operator, anna, undo, keyOf };
  }

  describe(`${kind}: undo`, () => {
    for (const act of ACTS) {
      it(`of ${act} has the key trusted as before, in its groups, but for what it endorsed until then`, async () => {
        const { store: opened, operator, anna, undo, keyOf } = await scene();
        await using store = opened;
        const before = keyOf(anna);
        await operator[act]("anna");
        const done = keyOf(anna);
        await undo();
        assert.deepEqual(keyOf(anna), before);
        assert.equal(store.isMember("lab", "anna"), true);
        const endorsedBy = { pin: anna.pin, issuedAt: AT };
        assert.equal((await store.apply(rotateOf(anna.pin, factsOf("anna"), { endorsedBy }))).kind, "lost");
        await undo();
        assert.deepEqual(keyOf(anna), done);
        assert.equal(store.audit().rows?.count, 0);
      });

      it(`of ${act} of a stranger has it wait again, now for an operator alone`, async () => {
        const { store: opened, operator, undo } = await scene();
        await using store = opened;
        if (act === "setAside") return;
        const stranger = factsOf("stranger");
        await store.apply(hold(stranger));
        await operator[act](stranger.pin);
        await undo();
        assert.partialDeepStrictEqual(store.key(stranger.pin), {
          state: "pending",
          peer: null,
          expires: null,
        });
        assert.equal((await store.apply(claimOf(stranger))).kind, "lost");
        assert.equal(store.audit().rows?.count, 0);
      });
    }

    it("of an approval has the key wait for operators alone, without the name, which is free", async () => {
      const { store: opened, operator, undo } = await scene();
      await using store = opened;
      const eve = factsOf("eve");
      await store.apply(hold(eve));
      await operator.approve(eve.pin);
      await undo();
      assert.partialDeepStrictEqual(store.key(eve.pin), { state: "pending", peer: null, claimedName: "eve" });
      assert.partialDeepStrictEqual(await store.apply(claimOf(eve)), { kind: "lost", reason: "pending" });
      assert.equal((await store.apply(claimOf(factsOf("eve")))).kind, "changed");
      assert.equal(store.audit().rows?.count, 0);
    });

    it("of an approval that lifted another state brings that back", async () => {
      const { store: opened, operator, anna, undo, keyOf } = await scene();
      await using store = opened;
      for (const act of ACTS) {
        await operator[act](anna.pin);
        const before = keyOf(anna);
        await operator.approve(anna.pin, { expires: AT + 9e9 });
        await undo();
        assert.deepEqual(keyOf(anna), before);
        await operator.approve(anna.pin);
      }
      assert.equal(store.audit().rows?.count, 0);
    });

    it("of an approval brings back the keys that it replaced, and undone again retires them", async () => {
      const { store: opened, operator, anna, undo, keyOf } = await scene();
      await using store = opened;
      const rival = factsOf("anna");
      await store.apply(hold(rival));
      const before = keyOf(anna);
      await operator.approve(rival.pin, { onConflict: "replace" });
      const [retired, approved] = [keyOf(anna), keyOf(rival)];
      await undo();
      assert.deepEqual(keyOf(anna), before);
      assert.partialDeepStrictEqual(store.key(rival.pin), {
        state: "pending",
        peer: null,
        conflictsWith: anna.pin,
      });
      await undo();
      assert.deepEqual([keyOf(anna), keyOf(rival)], [retired, approved]);
      await undo();
      assert.deepEqual(keyOf(anna), before);
      assert.equal(store.audit().rows?.count, 0);
    });

    it("of an approval under another name brings the former one back, with its groups", async () => {
      const { store: opened, operator, anna, keyOf } = await scene();
      await using store = opened;
      const before = keyOf(anna);
      await operator.approve(anna.pin, { name: "annika" });
      assert.equal(store.isMember("lab", "anna"), false);
      await operator.undo(store.head().sequence - 1);
      assert.deepEqual(keyOf(anna), before);
      assert.equal(store.isMember("lab", "anna"), true);
      assert.equal(store.audit().rows?.count, 0);
    });

    it("of an accepted name has the key claim it anew, as it waited before", async () => {
      const { store: opened, operator, anna, keyOf } = await scene();
      await using store = opened;
      const certificate = toSeenCertificate(factsOf("admin", { pin: anna.pin }));
      const actor = SERVER;
      await store.apply({ type: "note-name", at: AT, actor, certificate });
      const before = keyOf(anna);
      await operator.approve(anna.pin);
      const approved = keyOf(anna);
      const { sequence } = store.head();
      await operator.undo(sequence - 1);
      assert.deepEqual(keyOf(anna), before);
      assert.partialDeepStrictEqual(store.key(anna.pin), {
        claimedName: "anna",
        newName: "admin",
        peer: "anna",
      });
      await operator.undo(sequence + 1);
      assert.deepEqual(keyOf(anna), approved);
      assert.equal(store.audit().rows?.count, 0);
    });

    it("of a rename has all keys of the peer, and its groups, go back", async () => {
      const { store: opened, operator, anna, undo, keyOf } = await scene();
      await using store = opened;
      const second = factsOf("anna");
      await operator.import(second, { onConflict: "add" });
      const before = [keyOf(anna), keyOf(second)];
      await operator.rename("anna", "annika");
      await undo();
      assert.deepEqual([keyOf(anna), keyOf(second)], before);
      assert.equal(store.isMember("lab", "anna"), true);
      assert.equal(store.isMember("lab", "annika"), false);
      await undo();
      assert.equal(store.key(second.pin)?.peer, "annika");
      assert.equal(store.isMember("lab", "annika"), true);
      assert.equal(store.audit().rows?.count, 0);
    });

    it("of group acts puts the peer out, or in, again", async () => {
      const { store: opened, operator, undo } = await scene();
      await using store = opened;
      await undo();
      assert.equal(store.isMember("lab", "anna"), false);
      await undo();
      assert.equal(store.isMember("lab", "anna"), true);
      await operator.removeFromGroup("LAB", "anna");
      const { sequence } = store.head();
      await undo();
      assert.equal(store.isMember("lab", "anna"), true);
      await assert.rejects(operator.undo(sequence), CHANGED);
      assert.equal(store.audit().rows?.count, 0);
    });

    it("of a group act is refused when somebody else has the name", async () => {
      const { store: opened, operator } = await scene();
      await using store = opened;
      await operator.removeFromGroup("lab", "anna");
      const { sequence } = store.head();
      await operator.rename("anna", "annika");
      await assert.rejects(operator.undo(sequence), CHANGED);
      await store.apply(claimOf(factsOf("anna")));
      await assert.rejects(operator.undo(sequence), CHANGED);
    });
  });

  describe(`${kind}: undo of what was changed since`, () => {
    it("is refused, and says by which event", async () => {
      const { store: opened, operator, anna } = await scene();
      await using store = opened;
      await operator.revoke("anna");
      const { sequence } = store.head();
      await operator.approve(anna.pin);
      await assert.rejects(operator.undo(sequence), (error: { code?: string; details?: object }) => {
        const { version } = store.key(anna.pin) ?? assert.fail();
        assert.deepEqual(error.details, {
          sequence,
          pin: anna.pin,
          version,
          claimedName: "anna",
          changedBy: sequence + 1,
        });
        return error.code === "ERR_HANDCLASP_CHANGED";
      });
      await operator.forget(anna.pin);
      await assert.rejects(operator.undo(sequence), CHANGED);
    });

    it("is not refused for a note, or a sign of theft", async () => {
      const { store: opened, operator, anna } = await scene();
      await using store = opened;
      await operator.revoke("anna");
      const { sequence } = store.head();
      await operator.note(anna.pin, "lost in the train");
      await store.apply({ type: "note-stale", at: AT, actor: SERVER, pin: anna.pin });
      await operator.undo(sequence);
      assert.partialDeepStrictEqual(store.key(anna.pin), {
        state: "trusted",
        staleSeen: false,
        note: "lost in the train",
      });
      assert.equal(store.audit().rows?.count, 0);
    });

    it("is refused when the key is another than the one that was looked at", async () => {
      const { store: opened, operator, anna } = await scene();
      await using store = opened;
      await operator.revoke("anna");
      const seen = store.key(anna.pin) ?? assert.fail();
      await operator.note(anna.pin, "lost");
      await assert.rejects(operator.undo(store.head().sequence - 1, { seen }), CHANGED);
    });

    it("is refused when the name was given to somebody else, who is named", async () => {
      const { store: opened, operator, anna } = await scene();
      await using store = opened;
      const second = factsOf("anna");
      await operator.revoke("anna");
      const { sequence } = store.head();
      await operator.import(second, { onConflict: "add" });
      await assert.rejects(operator.undo(sequence), {
        code: "ERR_HANDCLASP_CONFLICT",
        details: { pin: anna.pin, peer: "anna", holders: [second.pin] },
      });
      await operator.rename(anna.pin, "annika");
      const renamed = store.head().sequence;
      await store.apply(claimOf(factsOf("anna")));
      await assert.rejects(operator.undo(renamed), { code: "ERR_HANDCLASP_CONFLICT" });
    });

    it("is refused when the peer that was renamed has another key since", async () => {
      const { store: opened, operator } = await scene();
      await using store = opened;
      await operator.rename("anna", "annika");
      const { sequence } = store.head();
      await operator.import(factsOf("annika"), { onConflict: "add" });
      await assert.rejects(operator.undo(sequence), CHANGED);
    });
  });

  describe(`${kind}: what cannot be undone`, () => {
    it("is said plainly, with what can be done instead", async () => {
      const { store: opened, operator, anna } = await scene();
      await using store = opened;
      await operator.import(factsOf("ben"));
      await operator.forget("ben");
      await operator.openFirstUse(1000);
      for (let sequence = 1; sequence <= store.head().sequence; sequence++) {
        if (sequence === 2) continue;
        await assert.rejects(operator.undo(sequence), { code: "ERR_HANDCLASP_STATE" });
      }
      await assert.rejects(operator.undo(1000), { code: "ERR_HANDCLASP_NOT_FOUND" });
      await assert.rejects(operator.undo(0), { code: "ERR_HANDCLASP_OPTION" });
      const rival = factsOf("anna");
      await operator.import(rival, { onConflict: "replace" });
      await assert.rejects(operator.undo(store.head().sequence - 1), { code: "ERR_HANDCLASP_STATE" });
      assert.equal(store.key(anna.pin)?.state, "retired");
    });
  });
}
