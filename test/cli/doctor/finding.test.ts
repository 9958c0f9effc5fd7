import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toBrokenFinding, toFinding } from "../../../src/cli/doctor/finding.ts";
import { HandclaspError } from "../../../src/errors.ts";

describe("a finding", () => {
  it("has no hint where there is none", () => {
    assert.deepEqual(toFinding("ok", "clock", "right"), {
      status: "ok",
      subject: "clock",
      message: "right",
      hint: null,
    });
  });

  it("shows nothing to a terminal that somebody else wrote into a file, and is no longer than can be read", () => {
    const { message } = toFinding("warn", "store", "a\u001b[2Jb\nc");
    assert.ok(!message.includes("\u001b") && !message.includes("\n"));
    assert.ok(Buffer.byteLength(toFinding("warn", "store", "x".repeat(10_000)).message) < 2100);
  });

  it("is made of whatever was thrown, with its hint", () => {
    const error = new HandclaspError("ERR_HANDCLASP_AUDIT", "it is damaged", { hint: "restore it" });
    assert.deepEqual(toBrokenFinding("store", error), {
      status: "broken",
      subject: "store",
      message: "it is damaged",
      hint: "restore it",
    });
    assert.deepEqual(toBrokenFinding("store", "gone").message, "gone");
    assert.equal(toBrokenFinding("store", new Error("gone")).hint, null);
  });
});
