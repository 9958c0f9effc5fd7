import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { isHandclaspError } from "../../src/errors.ts";
import { openMemoryStore } from "../../src/store/sqlite/memory-store.ts";
import { verifyChain } from "../../src/trust/records/events.ts";
import type { KeyPin, KeyState } from "../../src/trust/records/key-record.ts";
import { nameKey } from "../../src/trust/naming/peer-name.ts";
import { Operator } from "../../src/operator/operator.ts";
import type { FirstUse } from "../../src/trust/records/policy.ts";
import { Trust } from "../../src/trust/trust.ts";
import { factsOf } from "../support/certificates.ts";
import { eventsIn, keysIn } from "../support/listed.ts";

const NOW = Date.UTC(2030, 0, 1);
const NAMES = ["anna", "Anna", "ben", undefined];
const KEYS = Array.from({ length: 4 }, () => factsOf(undefined).pin);

type Step =
  | { readonly kind: "connect"; readonly key: number; readonly name: number; readonly mode: FirstUse }
  | { readonly kind: "approve"; readonly key: number; readonly onConflict: "fail" | "replace" | "add" }
  | { readonly kind: "revoke" | "ignore" | "setAside" | "forget"; readonly key: number }
  | { readonly kind: "rename"; readonly key: number; readonly name: number };

const key = fc.nat(KEYS.length - 1);
const name = fc.nat(NAMES.length - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("connect" as const),
      key,
      name,
      mode: fc.constantFrom<FirstUse>("accept", "ask", "refuse"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("approve" as const),
      key,
      onConflict: fc.constantFrom("fail" as const, "replace" as const, "add" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom("revoke" as const, "ignore" as const, "setAside" as const, "forget" as const),
      key,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("rename" as const), key, name }) },
);

/** What an observer who knows only the steps expects: which keys somebody decided to trust. */
class Expected {
  readonly trusted = new Set<KeyPin>();
  readonly barred = new Map<KeyPin, KeyState>();
  readonly addedByOperator = new Set<string>();
}

describe("trust over any sequence of first uses, approvals, revocations, conflicts and renewals", () => {
  it("never admits a key that is not trusted, and never refuses a revoked one otherwise", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        await using store = openMemoryStore();
        const operator = new Operator(store, { user: "test", process: "test 1", now: () => NOW });
        const expected = new Expected();
        for (const one of steps) await play(one, store, operator, expected);
        const report = verifyChain(await eventsIn(store));
        assert.equal(report.broken, null);
        for (const peer of NAMES) {
          const held = store.keysOfName(nameKey(peer ?? "")).filter(({ state }) => state === "trusted");
          assert.ok(held.length <= 1 || expected.addedByOperator.has(nameKey(peer ?? "")));
        }
      }),
      { numRuns: 300 },
    );
  });
});

type Store = ReturnType<typeof openMemoryStore>;

async function play(one: Step, store: Store, operator: Operator, expected: Expected): Promise<void> {
  const pin = KEYS[one.key];
  assert.ok(pin);
  if (one.kind === "connect") return connect(store, pin, NAMES[one.name], one.mode, expected);
  const before = store.key(pin);
  const trustedBefore = await trustedPins(store);
  try {
    if (one.kind === "approve") await operator.approve(pin, { onConflict: one.onConflict });
    else if (one.kind === "rename") await operator.rename(pin, NAMES[one.name] ?? "carl");
    else await operator[one.kind](pin);
  } catch (error) {
    assert.ok(isHandclaspError(error), String(error));
    assert.deepEqual(store.key(pin), before);
    assert.deepEqual(await trustedPins(store), trustedBefore);
    return;
  }
  const peer = store.key(pin)?.peer;
  if (one.kind === "approve") {
    expected.trusted.add(pin);
    expected.barred.delete(pin);
    if (one.onConflict === "add" && peer !== null && peer !== undefined)
      expected.addedByOperator.add(nameKey(peer));
    for (const { pin: other, state } of await keysIn(store))
      if (state === "retired") bar(expected, other, "retired");
  } else if (one.kind === "revoke") bar(expected, pin, "revoked");
  else if (one.kind === "ignore") bar(expected, pin, "ignored");
  else if (one.kind === "setAside") bar(expected, pin, "pending");
  else if (one.kind === "forget") {
    expected.trusted.delete(pin);
    expected.barred.delete(pin);
  } else if (peer !== null && peer !== undefined && store.keysOfName(nameKey(peer)).length > 1) {
    expected.addedByOperator.add(nameKey(peer));
  }
}

async function connect(
  store: Store,
  pin: KeyPin,
  claimedName: string | undefined,
  firstUse: FirstUse,
  expected: Expected,
): Promise<void> {
  await using trust = new Trust(store, { policy: { firstUse }, now: () => NOW, process: "test 1" });
  const showing = {
    certificate: factsOf(claimedName, { pin }),
    caSigned: false,
    remoteAddress: "192.0.2.1",
  };
  const verdict = trust.judge(showing);
  const settled = verdict.decision === "claim" ? await trust.settle(verdict, showing) : verdict;
  if (verdict.decision === "claim") {
    assert.ok(!expected.barred.has(pin), "a barred key may not claim");
    if (settled.decision === "admit") expected.trusted.add(pin);
  }
  if (settled.decision === "admit") {
    assert.ok(expected.trusted.has(pin), "admitted without a decision to trust");
    assert.equal(store.key(pin)?.state, "trusted");
    assert.equal(settled.peer, store.key(pin)?.peer);
  } else if (expected.barred.has(pin)) {
    assert.equal(settled.reason, expected.barred.get(pin));
  }
}

function bar(expected: Expected, pin: KeyPin, state: KeyState): void {
  expected.trusted.delete(pin);
  expected.barred.set(pin, state);
}

async function trustedPins(store: Store): Promise<readonly KeyPin[]> {
  return (await keysIn(store)).filter(({ state }) => state === "trusted").map(({ pin }) => pin);
}
