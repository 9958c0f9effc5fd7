// What every store promises about writes that cannot be carried out.
import assert from "node:assert/strict";
import { isHandclaspError } from "../../errors.ts";
import type { Change } from "../../trust/records/change.ts";
import type { Actor } from "../../trust/records/events.ts";
import { everyKey, type StoreSuite } from "./store-suite.ts";
import { factsOf } from "./made-up-certificates.ts";
import { claimOf } from "./claims.ts";

const AT = Date.UTC(2030, 0, 1);
const ACTOR: Actor = { user: "operator", process: "test 1", address: null, listener: null };
const ORIGIN = { at: AT, actor: ACTOR };

/** What code without types may hand over, or numbers that no clock shows. */
function badChanges(): readonly (readonly [name: string, change: unknown])[] {
  return [
    ["a moment that there is not", { type: "open-first-use", ...ORIGIN, until: 8.8e15 }],
    ["a moment that is no number", { type: "open-first-use", ...ORIGIN, until: Number.NaN }],
    ["a time of acting that is no number", { ...claimOf(factsOf("carl")), at: Number.NaN }],
    ["a name that is no text", { type: "rename", ...ORIGIN, key: factsOf("carl").pin, peer: 5 }],
    ["an unknown type", { type: "bless", ...ORIGIN }],
    ["what no thread can be sent", { ...claimOf(factsOf("carl")), peer: () => "carl" }],
    ["nothing", null],
  ];
}

/** Registers this part for one kind of store. */
export function describeFailingWrites({ kind, open, describe, it }: StoreSuite): void {
  describe(`${kind}: a write that cannot be carried out`, () => {
    for (const [name, change] of badChanges()) {
      it(`fails alone, and is not written in part: ${name}`, async () => {
        await using store = await open();
        const [anna, bert] = [factsOf("anna"), factsOf("bert")];
        const written = await Promise.allSettled([
          store.apply(claimOf(anna)),
          store.apply(change as Change),
          store.apply(claimOf(bert)),
          store.putSetting("server", "one"),
        ]);
        assert.deepEqual(
          written.map(({ status }) => status),
          ["fulfilled", "rejected", "fulfilled", "fulfilled"],
        );
        const [, failed] = written;
        assert.ok(failed.status === "rejected" && isHandclaspError(failed.reason));
        for (const { pin } of [anna, bert]) assert.equal(store.key(pin)?.state, "trusted");
        assert.equal((await everyKey(store)).length, 2);
        assert.equal(store.head().sequence, 2);
        assert.equal(store.firstUseWindow(), null);
        assert.equal(store.check().chain.broken, null);
      });
    }
  });
}
