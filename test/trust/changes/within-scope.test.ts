import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { isHandclaspError } from "../../../src/errors.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import { toSeenCertificate } from "../../../src/trust/judging/seen-certificate.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import type { Change } from "../../../src/trust/records/change.ts";
import { includes, OPERATOR_GROUPS, type Scope } from "../../../src/trust/records/scope.ts";
import { factsOf } from "../../support/certificates.ts";
import { randomChange, type Draw } from "../support/random-change.ts";

const AT = Date.UTC(2030, 0, 1);
const ACTOR = { user: "mallory", process: "test 1", address: null, listener: null, via: "bearer" } as const;
const GROUPS = [...OPERATOR_GROUPS.keys()];
/** What servers do by themselves, at the will of whoever comes. */
const SERVERS: ReadonlySet<Change["type"]> = new Set([
  "claim",
  "hold",
  "join",
  "renew",
  "note-name",
  "note-stale",
]);

interface Step extends Draw {
  readonly who: "approve" | "manage" | "admin";
}

const steps = fc.array(
  fc.record<Step>({
    kind: fc.nat(99),
    key: fc.nat(5),
    other: fc.nat(5),
    name: fc.nat(4),
    choice: fc.nat(11),
    waitMs: fc.constantFrom(0, 1, 1000),
    who: fc.constantFrom("approve", "manage", "manage", "admin"),
  }),
  { minLength: 20, maxLength: 60, size: "max" },
);

/** Whoever is trusted as an operator, by key, and as which. */
async function operatorsIn(store: TrustStore): Promise<ReadonlyMap<string, Scope>> {
  const found = new Map<string, Scope>();
  for (const { group, peer } of (await store.listMembers()).items) {
    const scope = OPERATOR_GROUPS.get(group.toLowerCase());
    if (scope === undefined) continue;
    for (const { pin, state } of store.keysOfName(peer.toLowerCase())) {
      const before = found.get(pin);
      if (state === "trusted" && (before === undefined || includes(scope, before))) found.set(pin, scope);
    }
  }
  return found;
}

async function attempt(store: TrustStore, change: Change): Promise<string> {
  try {
    await store.apply(change);
    return "done";
  } catch (error) {
    if (isHandclaspError(error)) return error.code;
    throw error;
  }
}

/** An admin makes a peer an operator now and then; all else is done by others, and by whoever comes. */
function changeOf(step: Step, at: number): Change | undefined {
  const change = randomChange(step, at);
  if (SERVERS.has(change.type)) return change;
  if (step.who !== "admin") return { ...change, actor: ACTOR, scope: step.who };
  if (change.type !== "add-to-group" && change.type !== "rename") return undefined;
  const group = GROUPS[step.choice % GROUPS.length] ?? "operators";
  return { type: "add-to-group", at, actor: ACTOR, scope: "admin", group, key: change.key };
}

describe("a change within a scope", () => {
  it("makes nobody an operator, whatever is done with less than admin, and whoever comes meanwhile", async () => {
    const came = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(steps, async (drawn) => {
        await using store = openMemoryStore();
        let at = AT;
        for (const step of drawn) {
          const change = changeOf(step, (at += step.waitMs));
          if (change === undefined) continue;
          const before = await operatorsIn(store);
          const outcome = await attempt(store, change);
          came.set(outcome, (came.get(outcome) ?? 0) + 1);
          const after = await operatorsIn(store);
          if (change.scope === "admin") {
            const grown = [...after.keys()].filter((pin) => !before.has(pin));
            assert.ok(grown.length <= 1, "one peer, by its only key");
            if (grown.length === 1) came.set("operators", (came.get("operators") ?? 0) + 1);
          } else if (change.scope === undefined) {
            for (const [pin, scope] of after) assert.equal(before.get(pin), scope, change.type);
          } else assert.deepEqual(after, before, change.type);
        }
        assert.equal(store.audit().rows?.count, 0);
      }),
      { numRuns: 200, endOnFailure: true },
    );
    for (const wanted of ["done", "operators", "ERR_HANDCLASP_SCOPE"]) {
      assert.ok((came.get(wanted) ?? 0) > 9, `${wanted} ${came.get(wanted)}`);
    }
  });

  it("leaves the name of a forgotten operator in no group, for whoever comes by a window next", async () => {
    await using store = openMemoryStore();
    const [boss, other, next] = [factsOf("boss"), factsOf("chief"), factsOf("boss")];
    for (const facts of [boss, other]) await store.apply(claimOf(facts));
    const by = { at: AT, actor: ACTOR, scope: "admin" } as const;
    for (const { pin } of [boss, other]) {
      await store.apply({ type: "add-to-group", ...by, group: "operators", key: pin });
    }
    await store.apply({ type: "revoke", ...by, key: boss.pin });
    await store.apply({ type: "open-first-use", ...by, until: AT + 1000 });
    const whileOpen = { whileOpen: "ask", at: AT + 1 } as const;
    assert.partialDeepStrictEqual(await store.apply(claimOf(next, whileOpen)), {
      kind: "lost",
      reason: "key-changed",
    });
    await store.apply({ type: "forget", ...by, key: boss.pin });
    assert.equal(store.isMember("operators", "boss"), false);
    await store.apply({ type: "forget", ...by, key: next.pin });
    assert.equal((await store.apply(claimOf(next, whileOpen))).kind, "changed");
    assert.deepEqual([store.key(next.pin)?.peer, store.groupsOf("boss")], ["boss", []]);
  });

  it("keeps an operator's groups for the successor that its key endorsed", async () => {
    await using store = openMemoryStore();
    const [boss, next] = [factsOf("boss"), factsOf("boss")];
    await store.apply(claimOf(boss));
    await store.apply({ type: "add-to-group", at: AT, actor: ACTOR, group: "operators", key: boss.pin });
    const endorsedBy = { pin: boss.pin, issuedAt: AT + 1 };
    const limits = { pendingExpires: AT + 9e6, maxPending: 9 };
    const certificate = toSeenCertificate(next);
    await store.apply({ type: "rotate", at: AT + 2, actor: ACTOR, certificate, endorsedBy, ...limits });
    assert.deepEqual([...(await operatorsIn(store))], [[next.pin, "admin"]]);
  });
});
