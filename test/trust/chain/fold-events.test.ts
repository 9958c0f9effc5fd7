import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Misfit, TrustFold } from "../../../src/trust/chain/fold-events.ts";
import type { TrustEvent } from "../../../src/trust/records/events.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";
import { randomPin } from "../../support/certificates.ts";

const DAY_MS = 86_400_000;
const START = Date.UTC(2030, 0, 1);
const ACTOR = { user: "olga", process: "test 1", address: null, listener: null };

/** Events in their order, one a day. */
class Chain {
  readonly fold = new TrustFold();
  #sequence = 0;

  add(type: TrustEvent["type"], pin: KeyPin | null, over: Partial<TrustEvent> = {}): Misfit | undefined {
    const at = new Date(START + this.#sequence++ * DAY_MS).toISOString();
    const before = pin === null ? null : (this.fold.keys.get(pin)?.state ?? null);
    const event = { sequence: this.#sequence, type, at, actor: ACTOR, pin, peer: null, before, after: null };
    return this.fold.add({ ...event, details: {}, ...over });
  }
}

describe("what events come to", () => {
  it("is the last of them, key by key", () => {
    const chain = new Chain();
    const [anna, ben] = [randomPin(), randomPin()];
    chain.add("met", anna, { peer: "anna", details: { source: "first-use" } });
    chain.add("approved", ben, { peer: "ben", details: { expires: "2031-01-01T00:00:00.000Z" } });
    chain.add("revoked", anna, { peer: "anna" });
    assert.partialDeepStrictEqual(chain.fold.keys.get(anna), {
      state: "revoked",
      peer: "anna",
      expires: null,
    });
    assert.partialDeepStrictEqual(chain.fold.keys.get(ben), {
      state: "trusted",
      source: "approved",
      expires: Date.UTC(2031, 0, 1),
    });
  });

  it("is nothing of a key that was forgotten but when, and it endorses nothing from before that", () => {
    const chain = new Chain();
    const anna = randomPin();
    chain.add("met", anna, { peer: "anna", details: { source: "first-use" } });
    chain.add("noted", anna, { details: { note: "lent her a laptop" } });
    chain.add("forgotten", anna);
    assert.deepEqual([chain.fold.keys.size, chain.fold.notes.size], [0, 0]);
    assert.equal(chain.fold.tombstones.get(anna), START + 2 * DAY_MS);
    chain.add("approved", anna, { peer: "anna" });
    assert.equal(chain.fold.keys.get(anna)?.endorsesFrom, START + 2 * DAY_MS);
  });

  it("says which state before an event is another than those before it come to", () => {
    const chain = new Chain();
    const anna = randomPin();
    assert.equal(chain.add("approved", anna, { peer: "anna", before: "pending" }), undefined);
    assert.deepEqual(chain.add("revoked", anna, { before: "retired" }), {
      field: "before",
      row: "retired",
      events: "trusted",
    });
  });

  it("has groups go with a name, and a token gone a while after its end", () => {
    const chain = new Chain();
    const anna = randomPin();
    chain.add("approved", anna, { peer: "anna" });
    chain.add("group-added", null, { peer: "anna", details: { group: "Lab" } });
    chain.add("renamed", anna, { peer: "Anna Lund", details: { formerName: "anna" } });
    assert.equal(chain.fold.groups.has("anna"), false);
    assert.deepEqual([...(chain.fold.groups.get("anna lund")?.keys() ?? [])], ["lab"]);
    const expires = new Date(START + 4 * DAY_MS).toISOString();
    chain.add("token-created", null, { peer: "ben", details: { token: "01", expires } });
    chain.add("token-refused", null, { details: { token: "01", problem: "bad-proof" } });
    assert.deepEqual(chain.fold.noted.get("01"), new Set(["bad-proof"]));
    for (let day = 0; day < 400; day++) chain.add("first-use-closed", null, { details: { until: expires } });
    chain.add("token-created", null, { peer: "cid", details: { token: "02", expires } });
    assert.deepEqual([[...chain.fold.tokens.keys()], chain.fold.noted.size], [["02"], 0]);
  });

  it("cannot be said of an event that nobody writes", () => {
    const type = "upgraded" as TrustEvent["type"];
    assert.throws(() => new Chain().add(type, null), { message: /upgraded/ });
  });
});
