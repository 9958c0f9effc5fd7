import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import { onEnter } from "../../../src/cli/admin/on-enter.ts";

describe("onEnter", () => {
  it("hears each line at a terminal, and nothing any more once it is disposed", async () => {
    const input = Object.assign(new PassThrough(), { isTTY: true });
    let typed = 0;
    {
      using _heard = onEnter(input, () => typed++);
      input.write("\n");
      input.write("\n");
      await new Promise((resolve) => setImmediate(resolve));
    }
    input.write("\n");
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(typed, 2);
  });

  it("reads nothing of what is no terminal", () => {
    const input = Object.assign(new PassThrough(), { isTTY: false });
    using _heard = onEnter(input, () => assert.fail());
    assert.equal(input.listenerCount("data"), 0);
  });
});
