import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { beforeItRunsOut } from "./before-it-runs-out.ts";

describe("what has to be done before something runs out", () => {
  it("is done anew with twice the time until it was in time, and all but that is closed", async () => {
    const [given, closed]: [number[], number[]] = [[], []];
    {
      await using done = await beforeItRunsOut(1, async (attempt) => {
        const { forMs } = attempt;
        given.push(forMs);
        attempt.defer(() => void closed.push(forMs));
        attempt.runsOutAt(Date.now() + (forMs < 4 ? 0 : 60_000));
        if (forMs === 2) throw new Error("refused");
        return { what: "greeted" };
      });
      assert.equal(done.what, "greeted");
      assert.deepEqual({ given, closed }, { given: [1, 2, 4], closed: [1, 2] });
    }
    assert.deepEqual(closed, [1, 2, 4]);
  });

  it("fails as it does where nothing has run out, and is closed", async () => {
    let closed = 0;
    const refused = new Error("refused");
    await assert.rejects(
      beforeItRunsOut(60_000, async (attempt) => {
        attempt.defer(() => void closed++);
        attempt.runsOutAt(Date.now() + attempt.forMs);
        throw refused;
      }),
      refused,
    );
    assert.equal(closed, 1);
  });

  it("fails where it is never done in time, and says so", async () => {
    let closed = 0;
    await assert.rejects(
      beforeItRunsOut(1, async (attempt) => {
        attempt.defer(() => void closed++);
        attempt.runsOutAt(Date.now());
        return {};
      }),
      /ran out before all was done, even when it lasted for 64 ms/,
    );
    assert.equal(closed, 7);
  });

  it("is over when it has run out, and not before", async () => {
    await using done = await beforeItRunsOut(20, async (attempt) => {
      attempt.runsOutAt(Date.now() + attempt.forMs);
      return {};
    });
    await done.attempt.over();
    assert.ok(Date.now() >= done.attempt.until);
  });
});
