import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LostRecords } from "../../../src/tls/observer/lost-records.ts";
import type { Opening } from "../../../src/tls/observer/observed-opening.ts";
import { SealedRecords } from "./support/sealed-records.ts";

const sent = new SealedRecords();
const stranger = new SealedRecords();

function firstByte(opening: Opening | undefined): number | undefined {
  return opening?.state === "open" ? opening.content[0] : undefined;
}

describe("records that nobody saw", () => {
  it("are none at first, and none again once the next one was opened", () => {
    const lost = new LostRecords();
    assert.equal(lost.isAny, false);
    lost.within(10);
    assert.equal(lost.isAny, true);
    const opener = sent.opener();
    assert.equal(firstByte(lost.open(opener, sent.record(1), true, true)), 1);
    assert.equal(lost.isAny, false);
    assert.equal(opener.sequence, 2);
  });

  it("are as many as fit in the missing bytes, and no more", () => {
    const lost = new LostRecords();
    lost.within(22 * 3);
    assert.equal(lost.open(sent.opener(), sent.record(5), true, true), undefined);
    assert.equal(firstByte(lost.open(sent.opener(), sent.record(4), true, true)), 4);
  });

  it("are skipped for certain where a record was seen in part", () => {
    const lost = new LostRecords();
    lost.one();
    lost.one();
    for (const sequence of [0, 1, 3])
      assert.equal(lost.open(sent.opener(), sent.record(sequence), true, true), undefined, String(sequence));
    assert.equal(firstByte(lost.open(sent.opener(), sent.record(2), true, true)), 2);
  });

  it("may belong to the keys before: under new ones the number can be any from 0 on", () => {
    const lost = new LostRecords();
    lost.one();
    lost.within(22);
    assert.equal(firstByte(lost.open(sent.opener(), sent.record(0), true, false)), 0);
  });

  it("leave the opener where it was when none fits", () => {
    const lost = new LostRecords();
    lost.within(1000);
    const opener = sent.opener();
    assert.equal(lost.open(opener, stranger.record(0), true, true), undefined);
    assert.equal(opener.sequence, 0);
  });

  it("are tried under 256 numbers at most, however much a capture claims to lack", () => {
    const lost = new LostRecords();
    for (let count = 0; count < 10; count++) lost.within(1_000_000_000);
    assert.equal(lost.open(sent.opener(), sent.record(257), true, true), undefined);
    assert.equal(firstByte(lost.open(sent.opener(), sent.record(256), true, true)), 0);
  });

  it("cost 4096 tries in vain in all, and then nothing is tried any more", () => {
    const lost = new LostRecords();
    for (let count = 0; count < 17; count++) {
      lost.restart();
      lost.within(1_000_000);
      assert.equal(lost.open(sent.opener(), stranger.record(0), true, true), undefined);
    }
    lost.within(22);
    assert.equal(lost.open(sent.opener(), sent.record(0), true, true), undefined);
    assert.match(lost.fail().problem ?? "", /too much is missing/);
  });

  it("are given up when four in a row do not open, and not before", () => {
    const lost = new LostRecords();
    lost.within(22);
    const problems = Array.from({ length: 4 }, () => lost.fail().problem);
    assert.deepEqual(problems.slice(0, 3), [undefined, undefined, undefined]);
    assert.match(problems[3] ?? "", /too much is missing/);
  });
});
