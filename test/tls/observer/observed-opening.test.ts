import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isHandclaspError } from "../../../src/errors.ts";
import { inTheClear, isPlainAlert, openWith } from "../../../src/tls/observer/observed-opening.ts";
import { plainRecord, SealedRecords } from "./support/sealed-records.ts";

const [ALERT, HANDSHAKE] = [21, 22];

describe("what became of a record", () => {
  it("is what is on the wire, in the clear", () => {
    const record = plainRecord(HANDSHAKE, 1, 2);
    assert.deepEqual(inTheClear(record), {
      state: "open",
      type: HANDSHAKE,
      content: record.fragment,
      inner: false,
    });
  });

  it("is what was inside, under its keys", () => {
    const sent = new SealedRecords();
    const opening = openWith(sent.opener(), sent.record(0, Uint8Array.of(7)), true);
    assert.ok(opening.state === "open");
    assert.deepEqual([opening.type, [...opening.content], opening.inner], [HANDSHAKE, [7], true]);
  });

  it("is sealed with the reason, when they are not its keys", () => {
    const opening = openWith(new SealedRecords().opener(), new SealedRecords().record(0), true);
    assert.ok(opening.state === "sealed");
    assert.match(opening.problem ?? "", /^a record cannot be decrypted: /);
    assert.ok(isHandclaspError(opening.error, "ERR_HANDCLASP_MALFORMED"));
  });

  it("is sealed, too, when this build of Node has no such cipher", () => {
    const opener = {
      sequence: 0,
      open: () => {
        throw new Error("Unknown cipher");
      },
    };
    assert.deepEqual(openWith(opener, plainRecord(23), false), {
      state: "sealed",
      problem: "a record cannot be decrypted: Unknown cipher",
    });
  });

  it("is an alert in the clear by its length alone", () => {
    assert.equal(isPlainAlert(plainRecord(ALERT, 2, 46)), true);
    assert.equal(isPlainAlert(plainRecord(ALERT, 2, 46, 0)), false);
    assert.equal(isPlainAlert(plainRecord(HANDSHAKE, 2, 46)), false);
  });
});
