// What every store promises about windows of first use.
import assert from "node:assert/strict";
import { Operator } from "../../operator/operator.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import type { ClaimChange, Outcome } from "../../trust/records/change.ts";
import { parseEvent } from "../../trust/records/events.ts";
import { claimOf } from "./claims.ts";
import { factsOf } from "./made-up-certificates.ts";
import { everyEvent, type StoreSuite } from "./store-suite.ts";

const AT = Date.UTC(2030, 0, 1);
const MINUTE = 60_000;

function operatorOf(store: TrustStore): Operator {
  return new Operator(store, { user: "olga", process: "test 1", now: () => AT });
}

/** A client never seen before, where servers keep such ones for review. */
function stranger(name: string, over: Partial<ClaimChange> = {}): ClaimChange {
  return claimOf(factsOf(name), { whileOpen: "ask", maxPending: 1000, ...over });
}

function from(address: string | null): Partial<ClaimChange> {
  return { actor: { user: null, process: "serve 2", address, listener: null } };
}

function came(outcomes: readonly Outcome[]): number {
  return outcomes.filter(({ kind }) => kind === "changed").length;
}

function lostFor(outcome: Outcome): string | null {
  return outcome.kind === "lost" ? outcome.reason : null;
}

async function typesIn(store: TrustStore): Promise<readonly string[]> {
  return (await everyEvent(store)).map(({ type }) => type);
}

/** Registers this part for one kind of store. */
export function describeWindows({ kind, open, describe, it }: StoreSuite): void {
  describe(`${kind}: a window of first use`, () => {
    it("lets in exactly as many of a hundred who come at once as may come, and closes behind the last", async () => {
      await using store = await open();
      await operatorOf(store).openFirstUse(MINUTE, { max: 12 });
      const claims = Array.from({ length: 100 }, (_, at) => stranger(`stranger-${at}`));
      const outcomes = await Promise.all(claims.map((claim) => store.apply(claim)));
      assert.equal(came(outcomes), 12);
      assert.deepEqual(new Set(outcomes.slice(12).map(lostFor)), new Set(["pending"]));
      assert.equal(store.firstUseWindow(), null);
      assert.deepEqual([store.stats().keys.trusted, store.stats().keys.pending], [12, 88]);
      const events = await everyEvent(store);
      assert.deepEqual(
        events.map(({ type }) => type),
        ["first-use-opened", ...Array.from({ length: 12 }, () => "met"), "first-use-closed"],
      );
      assert.deepEqual(events[0]?.details, { until: new Date(AT + MINUTE).toISOString(), max: "12" });
      assert.partialDeepStrictEqual(events[5]?.details, { source: "first-use", window: "1" });
      const end = { until: new Date(AT).toISOString(), window: "1", taken: "12", reason: "used-up" };
      assert.deepEqual(events.at(-1)?.details, end);
      assert.equal(store.audit().rows?.count, 0);
    });

    it("lets in who comes from its network, and leaves others to the policy of the servers", async () => {
      await using store = await open();
      await operatorOf(store).openFirstUse(MINUTE, { max: 5, from: "192.0.2.0/24" });
      const others = ["198.51.100.9", "2001:db8::1", null];
      for (const [at, address] of others.entries()) {
        const asked = await store.apply(stranger(`asked-${at}`, from(address)));
        const refused = await store.apply(
          stranger(`refused-${at}`, { ...from(address), whileOpen: "refuse" }),
        );
        assert.deepEqual([lostFor(asked), lostFor(refused)], ["pending", "unknown"], `${address}`);
      }
      for (const [at, address] of ["192.0.2.7", "::ffff:192.0.2.8"].entries()) {
        assert.equal((await store.apply(stranger(`in-${at}`, from(address)))).kind, "changed");
      }
      assert.equal(store.firstUseWindow()?.taken, 2);
      assert.equal(store.audit().rows?.count, 0);
    });

    it("counts whom it let in, and nobody else", async () => {
      await using store = await open();
      await operatorOf(store).openFirstUse(MINUTE, { max: 2 });
      const anna = stranger("anna");
      await store.apply(anna);
      // A second connection of hers, who takes her name, and who would be let in anyway.
      await store.apply(anna);
      assert.equal(lostFor(await store.apply(stranger("anna"))), "key-changed");
      await store.apply(claimOf(factsOf("ben")));
      await store.apply(claimOf(factsOf("carl"), { source: "ca" }));
      assert.equal(store.firstUseWindow()?.taken, 1);
      assert.equal((await store.apply(stranger("dora"))).kind, "changed");
      assert.equal(lostFor(await store.apply(stranger("emil"))), "pending");
      assert.equal(store.audit().rows?.count, 0);
    });

    it("ends by its time, is closed by hand, or by another one that begins anew", async () => {
      await using store = await open();
      const operator = operatorOf(store);
      await operator.openFirstUse(MINUTE, { max: 1 });
      assert.equal(lostFor(await store.apply(stranger("late", { at: AT + MINUTE }))), "pending");
      await operator.openFirstUse(MINUTE, { max: 2 });
      await store.apply(stranger("anna"));
      await operator.openFirstUse(2 * MINUTE, { max: 3 });
      assert.partialDeepStrictEqual(store.firstUseWindow(), { event: 4, taken: 0, max: 3 });
      await store.apply(stranger("ben"));
      await operator.openFirstUse(0);
      assert.equal(lostFor(await store.apply(stranger("carl"))), "pending");
      const last = (await everyEvent(store)).at(-1);
      assert.partialDeepStrictEqual(last?.details, { window: "4", taken: "1", reason: "closed" });
      await operator.openFirstUse(0);
      assert.deepEqual((await typesIn(store)).slice(-2), ["first-use-closed", "first-use-closed"]);
      assert.equal(store.audit().rows?.count, 0);
    });

    it("keeps its count when who came is revoked, set aside, undone or forgotten", async () => {
      await using store = await open();
      const operator = operatorOf(store);
      await operator.openFirstUse(MINUTE, { max: 4 });
      const [anna, ben, carl] = [stranger("anna"), stranger("ben"), stranger("carl")];
      for (const claim of [anna, ben, carl]) await store.apply(claim);
      await operator.revoke(anna.certificate.pin);
      await operator.undo(store.head().sequence);
      await operator.setAside(ben.certificate.pin);
      await operator.forget(carl.certificate.pin);
      assert.equal(store.firstUseWindow()?.taken, 3);
      assert.equal((await store.apply(stranger("dora"))).kind, "changed");
      assert.equal(store.firstUseWindow(), null);
      assert.equal(store.audit().rows?.count, 0);
    });

    it("has its events, and those of no other, found by its number, page by page", async () => {
      await using store = await open();
      const operator = operatorOf(store);
      await operator.openFirstUse(MINUTE);
      for (const name of ["anna", "ben", "carl"]) await store.apply(stranger(name));
      await store.apply(claimOf(factsOf("dora")));
      await operator.openFirstUse(0);
      await operator.openFirstUse(MINUTE);
      await store.apply(stranger("emil"));
      const read = async (filter: Parameters<TrustStore["listEvents"]>[0]): Promise<readonly unknown[]> =>
        (await store.listEvents(filter)).items.map(({ json }) => parseEvent(json)?.peer);
      assert.deepEqual(await read({ window: 1 }), ["anna", "ben", "carl", null]);
      assert.deepEqual(await read({ window: 1, type: "met" }), ["anna", "ben", "carl"]);
      assert.deepEqual(await read({ window: 1, type: "met", newestFirst: true, limit: 1 }), ["carl"]);
      assert.deepEqual(await read({ window: 1, type: "met", after: "2" }), ["ben", "carl"]);
      assert.deepEqual(await read({ window: 7 }), ["emil"]);
      assert.deepEqual(await read({ window: 2 }), []);
    });

    it("takes no rails that are none", async () => {
      await using store = await open();
      const refused = { code: "ERR_HANDCLASP_OPTION" };
      const operator = operatorOf(store);
      for (const max of [0, -1, 1.5, Number.NaN, Infinity, "12" as unknown as number]) {
        await assert.rejects(operator.openFirstUse(MINUTE, { max }), refused, String(max));
      }
      for (const network of ["", "192.0.2.1/24", "192.0.2.0/33", "everybody", 7 as unknown as string]) {
        await assert.rejects(operator.openFirstUse(MINUTE, { from: network }), refused, network);
      }
      assert.equal(store.head().sequence, 0);
    });
  });
}
