import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { DRAWN } from "../trust/support/draws.ts";
import { type Draw, randomChange } from "../trust/support/random-change.ts";
import { Archive } from "./support/archive.ts";

describe("a restore", () => {
  it("leads to the trust of the backup whatever happened since, but for what was barred", async () => {
    const draws = fc.array(fc.record({ ...DRAWN, waitMs: fc.constantFrom(0, 1, 400_000) }), {
      minLength: 5,
      maxLength: 40,
      size: "max",
    });
    await fc.assert(
      fc.asyncProperty(draws, draws, async (before: readonly Draw[], since: readonly Draw[]) => {
        await using archive = new Archive();
        const { store } = archive;
        const change = async (draw: Draw): Promise<void> => {
          const made = randomChange(draw, (archive.at += draw.waitMs));
          if (made.type !== "restore") await store.apply(made).catch(() => undefined);
        };
        await archive.meet("zoe");
        for (const draw of before) await change(draw);
        await using backup = await archive.backUp();
        for (const draw of since) await change(draw);
        await archive.restore(backup);
        const { items: trusted } = await store.listKeys({ state: "trusted" });
        for (const key of trusted) {
          const former = backup.store.key(key.pin);
          if (key.source === "rotation" && former?.state !== "trusted") continue;
          const { peer, expires, source } = key;
          assert.deepEqual(
            { peer, expires, source },
            { peer: former?.peer, expires: former?.expires, source: former?.source },
          );
        }
        for (const { pin, state } of (await backup.store.listKeys({ state: "trusted" })).items) {
          const now = store.key(pin)?.state;
          assert.ok([state, "revoked", "retired", "ignored"].includes(now ?? ""), now ?? "gone");
        }
        const again = await archive.restore(backup);
        assert.deepEqual(again.after, again.before);
      }),
      { numRuns: 8 },
    );
  });
});
