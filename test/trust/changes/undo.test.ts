import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { isHandclaspError } from "../../../src/errors.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import type { Change, Outcome } from "../../../src/trust/records/change.ts";
import type { KeyRecord } from "../../../src/trust/records/key-record.ts";
import { type Draw, randomChange } from "../support/random-change.ts";
import { untilAllHappened } from "../../support/until-all-happened.ts";
import { keysIn, membersIn } from "../../support/listed.ts";

const AT = Date.UTC(2030, 0, 1);
const ACTOR = { user: "olga", process: "test 1", address: null, listener: null };
const UNDONE: ReadonlySet<Change["type"]> = new Set([
  "approve",
  "revoke",
  "ignore",
  "set-aside",
  "rename",
  "add-to-group",
  "remove-from-group",
]);

type Store = ReturnType<typeof openMemoryStore>;

async function apply(store: Store, change: Change): Promise<Outcome | undefined> {
  try {
    return await store.apply(change);
  } catch (error) {
    assert.ok(isHandclaspError(error), String(error));
    return undefined;
  }
}

/** What is trusted, called, grouped and said of keys; how a stranger waits is not told. */
async function standing(store: Store): Promise<unknown> {
  const keys = (await keysIn(store)).map(
    ({ pin, state, peer, claimedName, newName, source, expires, note }: KeyRecord) => {
      return state === "pending" && peer === null
        ? { pin, state, claimedName, newName, note }
        : { pin, state, peer, claimedName, newName, source, expires, note };
    },
  );
  const members = (await membersIn(store)).map(({ group, peer }) => `${group} ${peer}`);
  return { keys, members };
}

describe("undo", () => {
  it("brings back what was before an act, and undone itself what the act did, whatever happened until then", async () => {
    const draws = fc.array(
      fc.record<Draw>({
        kind: fc.nat(99),
        key: fc.nat(3),
        other: fc.nat(3),
        name: fc.nat(4),
        choice: fc.nat(11),
        waitMs: fc.constantFrom(0, 1, 1000),
      }),
      { minLength: 15, maxLength: 40, size: "max" },
    );
    const tried = new Set<string>();
    const missing = (): string[] => [...UNDONE].filter((type) => !tried.has(type));
    await untilAllHappened(missing, () =>
      fc.assert(
        fc.asyncProperty(draws, async (drawn) => {
          const store = openMemoryStore();
          let at = AT;
          for (const draw of drawn) {
            const change = randomChange(draw, (at += draw.waitMs));
            const before = await standing(store);
            const { sequence: head } = store.head();
            await apply(store, change);
            const { sequence: last } = store.head();
            if (!UNDONE.has(change.type) || last === head) continue;
            const after = await standing(store);
            const undone: number[] = [];
            for (let sequence = last; sequence > head; sequence--) {
              const { sequence: length } = store.head();
              if (await apply(store, { type: "undo", at, actor: ACTOR, sequence }))
                undone.unshift(length + 1);
            }
            assert.ok(undone.length > 0, `nothing of ${change.type} could be undone`);
            assert.deepEqual(await standing(store), before, change.type);
            for (const sequence of undone) {
              assert.ok(
                await apply(store, { type: "undo", at, actor: ACTOR, sequence }),
                `redo of ${change.type}`,
              );
            }
            assert.deepEqual(await standing(store), after, `${change.type} again`);
            tried.add(change.type);
          }
          assert.equal(store.audit().rows?.count, 0);
          await store.close();
        }),
        { numRuns: 150, endOnFailure: true },
      ),
    );
  });
});
