import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { isHandclaspError } from "../../src/errors.ts";
import { Operator } from "../../src/operator/operator.ts";
import { toWindow } from "../../src/operator/window.ts";
import { openMemoryStore } from "../../src/store/sqlite/memory-store.ts";
import { isInNetwork, parseIpNetwork } from "../../src/trust/network/ip-network.ts";
import { parseEvent, type TrustEvent } from "../../src/trust/records/events.ts";
import type { KeyPin } from "../../src/trust/records/key-record.ts";
import type { FirstUse } from "../../src/trust/records/policy.ts";
import { Trust } from "../../src/trust/trust.ts";
import { factsOf } from "../support/certificates.ts";
import { eventsIn } from "../support/listed.ts";

const START = Date.UTC(2030, 0, 1);
const KEYS = Array.from({ length: 8 }, () => factsOf(undefined).pin);
const ADDRESSES = ["192.0.2.7", "::ffff:192.0.2.8", "198.51.100.9", undefined];
const NETWORK = "192.0.2.0/24";

interface Coming {
  readonly key: number;
  readonly address: number;
  readonly mode: FirstUse;
}

type Step =
  | { readonly kind: "open"; readonly max: number | null; readonly from: string | null }
  | { readonly kind: "close" | "wait" }
  | { readonly kind: "come"; readonly together: readonly Coming[] }
  | { readonly kind: "revoke" | "setAside" | "approve" | "forget"; readonly key: number }
  | { readonly kind: "undo"; readonly back: number };

const key = fc.nat(KEYS.length - 1);
const coming = fc.record<Coming>({
  key,
  address: fc.nat(ADDRESSES.length - 1),
  mode: fc.constantFrom("ask", "refuse", "ask", "refuse", "accept"),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("open" as const),
    max: fc.constantFrom(null, 1, 2, 3),
    from: fc.constantFrom(null, NETWORK),
  }),
  fc.record({ kind: fc.constantFrom("close" as const, "wait" as const) }),
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("come" as const),
      together: fc.array(coming, { minLength: 1, maxLength: 6 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom("revoke" as const, "setAside" as const, "approve" as const, "forget" as const),
      key,
    }),
  },
  fc.record({ kind: fc.constant("undo" as const), back: fc.nat(4) }),
);

/** Who came by each window, from the events alone. */
function byWindow(events: readonly TrustEvent[]): ReadonlyMap<number, readonly TrustEvent[]> {
  const windows = new Map<number, TrustEvent[]>();
  for (const event of events) {
    if (event.type === "first-use-opened") windows.set(event.sequence, []);
    const { window } = event.details;
    if (event.type === "met" && typeof window === "string") windows.get(Number(window))?.push(event);
  }
  return windows;
}

type Store = ReturnType<typeof openMemoryStore>;

async function act(operator: Operator, store: Store, one: Exclude<Step, { kind: "come" }>): Promise<unknown> {
  switch (one.kind) {
    case "wait":
      return undefined;
    case "open":
      return operator.openFirstUse(100, { max: one.max, from: one.from });
    case "close":
      return operator.openFirstUse(0);
    case "undo":
      return operator.undo(Math.max(1, store.head().sequence - one.back));
    default:
      return operator[one.kind](KEYS[one.key] ?? "");
  }
}

/** Clients come at once. Where no window is open, whom nobody decided about is let in by the policy alone. */
async function come(store: Store, together: readonly Coming[], now: number): Promise<void> {
  const window = store.firstUseWindow();
  const isOpen = window !== null && now < window.until;
  const isUndecided = (pin: KeyPin): boolean => (store.key(pin)?.state ?? "pending") === "pending";
  const undecided = new Set(together.map((each) => pinOf(each)).filter(isUndecided));
  await Promise.all(
    together.map(async (each) => {
      const pin = pinOf(each);
      const policy = { firstUse: each.mode };
      await using trust = new Trust(store, { policy, now: () => now, process: "serve 2" });
      const certificate = factsOf(undefined, { pin });
      const showing = { certificate, caSigned: false, remoteAddress: ADDRESSES[each.address] };
      const verdict = trust.judge(showing);
      const settled = verdict.decision === "claim" ? await trust.settle(verdict, showing) : verdict;
      const isAccepted = together.some((other) => other.key === each.key && other.mode === "accept");
      if (undecided.has(pin) && !isOpen && !isAccepted) assert.equal(settled.decision, "refuse");
    }),
  );
}

function pinOf({ key: index }: Coming): KeyPin {
  const pin = KEYS[index];
  if (pin === undefined) throw new Error("no such key");
  return pin;
}

async function tryTo(run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (error) {
    assert.ok(isHandclaspError(error), String(error));
  }
}

describe("windows of first use, over any sequence of openings, clients at once, acts and undoings", () => {
  it("let in no more than may come, nobody from elsewhere, nobody late, and count what the events count", async () => {
    let metByWindow = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30, size: "max" }), async (steps) => {
        await using store = openMemoryStore();
        let now = START;
        const operator = new Operator(store, { user: "olga", process: "test 1", now: () => now });
        for (const one of steps) {
          now += one.kind === "wait" ? 100 : 1;
          if (one.kind === "come") await come(store, one.together, now);
          else await tryTo(() => act(operator, store, one));
        }
        const events = (await eventsIn(store)).flatMap(({ json }) => parseEvent(json) ?? []);
        const windows = byWindow(events);
        for (const [sequence, met] of windows) {
          const opened = events[sequence - 1];
          const { max, from, until } = opened?.details ?? {};
          assert.ok(met.length <= Number(max ?? Infinity), `${met.length} of ${max}`);
          const network = parseIpNetwork(from ?? "");
          for (const { at, actor } of met) {
            assert.ok(at < (until ?? ""), `${at} ${until}`);
            if (typeof from === "string")
              assert.ok(network && isInNetwork(network, actor.address ?? undefined));
          }
          metByWindow += met.length;
        }
        const last = await toWindow(store, now);
        if (last !== null) assert.equal(last.taken, windows.get(last.event)?.length);
        const { chain, rows } = store.audit();
        assert.deepEqual([chain.broken, rows?.differences], [null, []]);
      }),
      { numRuns: 60 },
    );
    assert.ok(metByWindow > 50, `${metByWindow} came by a window`);
  });
});
