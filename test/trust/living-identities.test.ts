import { describe, it } from "node:test";
import * as fc from "fast-check";
import type { FirstUse } from "./support/ledger.ts";
import { LivingScene, type Policy, type Visit } from "./support/living-scene.ts";

const NAMES = ["anna", "ben", "carl"];
const MINUTE_MS = 60_000;

type Step =
  | { readonly kind: "meet"; readonly name: string }
  | { readonly kind: "succeed"; readonly who: number; readonly forged: boolean }
  | { readonly kind: "visit"; readonly visits: readonly Visit[]; readonly waits: boolean }
  | { readonly kind: "settle" }
  | {
      readonly kind: "approve";
      readonly who: number;
      readonly onConflict: "fail" | "replace" | "add";
      readonly forMs: number | null;
    }
  | { readonly kind: "revoke" | "ignore" | "forget"; readonly who: number }
  | { readonly kind: "rename"; readonly who: number; readonly name: string }
  | { readonly kind: "invite"; readonly name: string; readonly replace: boolean; readonly forMs: number }
  | { readonly kind: "cancel"; readonly token: number }
  | { readonly kind: "pass"; readonly ms: number };

/** Often the newest key, which is -1. */
const who = fc.oneof(fc.nat(7), fc.constant(-1));
const name = fc.constantFrom(...NAMES);
const often: fc.Arbitrary<boolean> = fc.integer({ min: 0, max: 5 }).map((number) => number === 0);
const mode: fc.Arbitrary<FirstUse> = fc.constantFrom("accept", "ask", "refuse");
const WELCOMING: Policy = { firstUse: "accept", rotation: "accept" };
const policy: fc.Arbitrary<Policy> = fc.oneof(
  fc.constant<Policy>({ firstUse: "ask", rotation: "accept" }),
  fc.record({ firstUse: mode, rotation: mode }),
);
const visit: fc.Arbitrary<Visit> = fc.record({
  who,
  token: fc.option(fc.integer({ min: -1, max: 3 }), { nil: undefined, freq: 2 }),
  forged: often,
  policy,
});
const forMs = fc.integer({ min: MINUTE_MS, max: 90 * MINUTE_MS });

/** Weighted so that keys come to be trusted, and things then happen to them. */
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("meet" as const), name }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("succeed" as const), who, forged: often }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("visit" as const),
      visits: fc.array(visit, { minLength: 1, maxLength: 4 }),
      waits: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("settle" as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("approve" as const),
      who,
      onConflict: fc.constantFrom("fail" as const, "replace" as const, "add" as const),
      forMs: fc.option(forMs, { nil: null, freq: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom("revoke" as const, "ignore" as const, "forget" as const, "forget" as const),
      who,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("rename" as const), who, name }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("invite" as const), name, replace: fc.boolean(), forMs }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cancel" as const), token: fc.nat(5) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("pass" as const),
      ms: fc.integer({ min: 1, max: 60 * MINUTE_MS }),
    }),
  },
);

async function play(scene: LivingScene, one: Step): Promise<void> {
  scene.pass(1);
  switch (one.kind) {
    case "meet":
      return scene.meet(one.name);
    case "succeed":
      return scene.succeed(one.who, one.forged);
    case "visit":
      for (const each of one.visits) await scene.visit(each);
      if (!one.waits) await scene.settle();
      return;
    case "settle":
      return scene.settle();
    case "approve":
      return scene.approve(one.who, one.onConflict, one.forMs);
    case "revoke":
    case "ignore":
      return scene.bar(one.who, one.kind);
    case "forget":
      return scene.forget(one.who);
    case "rename":
      return scene.rename(one.who, one.name);
    case "invite":
      return scene.invite(one.name, one.replace, one.forMs);
    case "cancel":
      return scene.cancel(one.token);
    case "pass":
      return scene.pass(one.ms);
  }
}

describe("any sequence of joins, rotations, renewals and an operator's decisions, from several clients at once", () => {
  it("admits whom the rules admit, and nobody else; a name has one trusted key unless an operator said so", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40, size: "max" }), async (steps) => {
        await using scene = new LivingScene();
        for (const [at, claim] of NAMES.entries()) {
          scene.meet(claim);
          await scene.visit({ who: at, token: undefined, forged: false, policy: WELCOMING });
        }
        for (const one of steps) {
          await play(scene, one);
          await scene.check();
        }
        await scene.settle();
        await scene.check();
        await scene.assertChainHolds();
      }),
      { numRuns: 400 },
    );
  });
});
