import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Asking, LATE_MS } from "../../web/client/asking.ts";

describe("a question that is asked again and again", () => {
  it("is asked at once where no answer is waited for", () => {
    let asked = 0;
    const asking = new Asking(() => (asked += 1));
    asking.lookAgain();
    asking.begin()();
    asking.lookAgain();
    assert.equal(asked, 2);
  });

  it("is asked once more, and once only, when there is the answer that was waited for", () => {
    let asked = 0;
    const asking = new Asking(() => (asked += 1));
    const answered = asking.begin();
    asking.lookAgain();
    asking.lookAgain();
    assert.equal(asked, 0);
    answered();
    answered();
    assert.equal(asked, 1);
  });

  it("is asked again, too, when no answer comes", (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    let asked = 0;
    const asking = new Asking(() => (asked += 1));
    asking.begin();
    asking.lookAgain();
    t.mock.timers.tick(LATE_MS);
    assert.equal(asked, 1);
  });

  it("waits for no answer to what another question took the place of", () => {
    let asked = 0;
    const asking = new Asking(() => (asked += 1));
    const former = asking.begin();
    asking.lookAgain();
    const answered = asking.begin();
    former();
    assert.equal(asked, 0);
    answered();
    assert.equal(asked, 0);
  });
});
