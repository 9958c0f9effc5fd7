import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { applySelection, select, Selections, type SelectOptions } from "../../src/operator/selection.ts";
import { selectionDigest } from "../../src/operator/selection-digest.ts";
import { factsOf } from "../support/certificates.ts";
import { NOW, Office } from "../trust/support/office.ts";
import { arrive, arriveTogether } from "./support/waiting-room.ts";

const NOTHING: SelectOptions = { now: NOW, comparedBy: () => undefined, window: null };
const NETWORK = { network: "198.51.100.0/24" };

describe("a selection", () => {
  it("is of a search or a network, as keys were then, with a digest of exactly those", async () => {
    const { store, operator } = new Office();
    const pins = await arriveTogether(store, 5);
    await arrive(store, { claims: "other" });
    const flood = await select(store, "ignore", NETWORK, NOTHING);
    assert.deepEqual([flood.count, flood.left], [5, []]);
    const typed = { search: "flood", state: "pending" } as const;
    assert.deepEqual((await select(store, "ignore", { typed }, NOTHING)).digest, flood.digest);
    assert.equal(selectionDigest(flood.items.toReversed()), flood.digest);
    await operator.note(pins[0] ?? "", "mine");
    assert.notEqual((await select(store, "ignore", { typed }, NOTHING)).digest, flood.digest);
  });

  it("is acted on but for what changed since, or is gone, which is listed", async () => {
    const { store, operator } = new Office();
    const pins = await arriveTogether(store, 6);
    const selection = await select(store, "ignore", NETWORK, NOTHING);
    await operator.note(pins[1] ?? "", "mine");
    await operator.forget(pins[2] ?? "");
    const said = { act: "ignore", count: 6, digest: selection.digest } as const;
    const { done, left } = await applySelection(operator, selection, said, NOTHING.comparedBy);
    assert.deepEqual(new Set(done.map(({ pin }) => pin)), new Set([0, 3, 4, 5].map((at) => pins[at])));
    assert.deepEqual(
      new Map(left.map(({ pin, reason }): [string | undefined, string] => [pin, reason])),
      new Map([
        [pins[1], "changed"],
        [pins[2], "gone"],
      ]),
    );
    assert.equal(store.key(pins[1] as never)?.state, "pending");
  });

  it("is not acted on when another act, number or digest is said", async () => {
    const { store, operator } = new Office();
    await arriveTogether(store, 4);
    const selection = await select(store, "ignore", NETWORK, NOTHING);
    const other = selectionDigest([]);
    for (const said of [
      { act: "revoke", count: 4 },
      { act: "ignore", count: 5 },
      { act: "ignore", count: 4, digest: other },
    ] as const) {
      await assert.rejects(applySelection(operator, selection, said, NOTHING.comparedBy), {
        code: "ERR_HANDCLASP_OPTION",
      });
    }
    assert.equal(store.stats().keys.pending, 4);
  });

  it("approves what was compared, and says how; never a conflict, nor what nobody compared", async () => {
    const office = new Office();
    const { store, operator } = office;
    const anna = factsOf("anna");
    await operator.import(anna);
    const rival = await arrive(store, { claims: "anna", conflictsWith: anna.pin });
    const [compared, stranger] = [
      await arrive(store, { claims: "ben" }),
      await arrive(store, { claims: "eve" }),
    ];
    const known = {
      ...NOTHING,
      comparedBy: (pin: string) => (pin === stranger ? undefined : ("words" as const)),
    };
    const selection = await select(store, "approve", { typed: {} }, known);
    assert.deepEqual(
      new Map(selection.left.map(({ pin, reason }) => [pin, reason])),
      new Map([
        [anna.pin, "not-waiting"],
        [rival, "conflict"],
        [stranger, "not-compared"],
      ]),
    );
    const { done } = await applySelection(
      operator,
      selection,
      { act: "approve", count: 1 },
      known.comparedBy,
    );
    assert.deepEqual(
      done.map(({ pin, state }) => [pin, state]),
      [[compared, "trusted"]],
    );
    const approved = (await office.events()).findLast(({ type }) => type === "approved");
    assert.equal(approved?.details["compared"], "words");
  });

  it("approves what came from one network while a window was open, without a comparison", async () => {
    const { store } = new Office();
    await arriveTogether(store, 4, { ago: 5000 });
    const window = { openedAt: NOW - 6000, from: null };
    const of = async (over: Partial<SelectOptions>, typed = {}): Promise<number> => {
      return (await select(store, "approve", { typed }, { ...NOTHING, ...over })).count;
    };
    assert.equal(await of({ window }), 4);
    assert.equal(await of({ window: { ...window, from: "198.51.100.0/24" } }), 4);
    assert.equal(await of({}), 0);
    assert.equal(await of({ window: { openedAt: NOW - 4999, from: null } }), 0);
    assert.equal(await of({ window: { ...window, from: "203.0.113.0/24" } }), 0);
    await arrive(store, { claims: "elsewhere", from: "203.0.113.1", ago: 10 });
    assert.equal(await of({ window }), 0);
    assert.equal(await of({ window }, { search: "flood" }), 4);
  });
});

describe("Selections", () => {
  it("gives one to its owner, once, and for ten minutes", async () => {
    const { store } = new Office();
    const selection = await select(store, "ignore", NETWORK, NOTHING);
    let number = 0;
    const selections = new Selections(() => `s${++number}`);
    const [one, two] = [selections.keep("olga", selection, NOW), selections.keep("olga", selection, NOW)];
    assert.equal(selections.take("otto", one, NOW), undefined);
    assert.equal(selections.take("olga", one, NOW + 1), selection);
    assert.equal(selections.take("olga", one, NOW + 1), undefined);
    assert.equal(selections.take("olga", two, NOW + 10 * 60_000), undefined);
    for (let index = 3; index < 104; index++) selections.keep(`of s${index}`, selection, NOW);
    assert.equal(selections.take("of s3", "s3", NOW), undefined);
    assert.equal(selections.take("of s4", "s4", NOW), selection);
  });

  it("takes nobody's by selecting again and again but one's own", async () => {
    const { store } = new Office();
    const selection = await select(store, "ignore", NETWORK, NOTHING);
    let number = 0;
    const selections = new Selections(() => `s${++number}`);
    const ours = selections.keep("olga", selection, NOW);
    const theirs = Array.from({ length: 200 }, () => selections.keep("otto", selection, NOW));
    assert.equal(selections.take("olga", ours, NOW), selection);
    const left = theirs.filter((id) => selections.take("otto", id, NOW) !== undefined);
    assert.deepEqual(left, theirs.slice(-5));
  });
});
