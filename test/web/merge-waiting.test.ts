import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { WaitingItem } from "../../web/client/shapes.ts";
import { mergeWaiting, toCards } from "../../web/views/waiting/merge-waiting.ts";

function key(keyId: string, tries = 1): WaitingItem {
  return { kind: "key", key: { keyId, tries } } as WaitingItem;
}

describe("cards of who waits", () => {
  it("stay where they are when others come, which are counted", () => {
    const shown = toCards([key("A"), key("B")]);
    const { cards, fresh } = mergeWaiting(shown, [key("NEW"), key("B"), key("A"), key("NEWER")]);
    assert.deepEqual(
      cards.map(({ id }) => id),
      ["A", "B"],
    );
    assert.equal(fresh, 2);
  });

  it("say what is known by now", () => {
    const { cards } = mergeWaiting(toCards([key("A", 1)]), [key("A", 5)]);
    assert.deepEqual(cards[0]?.item, key("A", 5));
  });

  it("are marked when what they are of waits no more, and lose the mark when it is back", () => {
    const gone = mergeWaiting(toCards([key("A"), key("B")]), [key("B")]).cards;
    assert.deepEqual(
      gone.map((card) => card.gone),
      [true, false],
    );
    assert.equal(mergeWaiting(gone, [key("A"), key("B")]).cards[0]?.gone, false);
  });
});
