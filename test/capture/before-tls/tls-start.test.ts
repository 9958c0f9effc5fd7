import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isAlertRecord, isHelloRecord, isRecordStart } from "../../../src/capture/before-tls/tls-start.ts";
import { CLIENT_HELLO, SERVER_HELLO } from "./support.ts";

const bytesOf = (text: string | Uint8Array): Uint8Array => Buffer.from(text as string, "latin1");

describe("where TLS begins", () => {
  it("is a record when nothing came before it, be it one byte", () => {
    for (const bytes of [[22, 3, 1], [22], [20, 3], [23, 3, 3]])
      assert.equal(isRecordStart(Uint8Array.from(bytes)), true);
    for (const bytes of [[], [19, 3], [24, 3], [22, 2], [0x47, 0x45]])
      assert.equal(isRecordStart(Uint8Array.from(bytes)), false);
  });

  it("is a hello of that sender in the middle of something else", () => {
    assert.equal(isHelloRecord(bytesOf(CLIENT_HELLO), "client"), true);
    assert.equal(isHelloRecord(bytesOf(CLIENT_HELLO), "server"), false);
    assert.equal(isHelloRecord(bytesOf(SERVER_HELLO), "server"), true);
  });

  it("cannot be told of a hello's first bytes, and is not when the second is another", () => {
    for (let length = 1; length < 11; length++)
      assert.equal(isHelloRecord(bytesOf(CLIENT_HELLO).subarray(0, length), "client"), undefined);
    assert.equal(isHelloRecord(Uint8Array.of(22, 4), "client"), false);
    assert.equal(isHelloRecord(Uint8Array.of(71), "client"), false);
  });

  it("is no hello whose lengths or versions cannot be", () => {
    const hello = bytesOf(CLIENT_HELLO);
    for (const [at, value] of [
      [2, 5],
      [3, 0xff],
      [6, 2],
      [9, 2],
      [10, 5],
    ] as const) {
      const other = Uint8Array.from(hello);
      other[at] = value;
      assert.equal(isHelloRecord(other, "client"), false, String(at));
    }
  });

  it("may be refused by an alert in the clear, which is seven bytes", () => {
    assert.equal(isAlertRecord(Uint8Array.of(21, 3, 1, 0, 2, 2, 40)), true);
    for (const bytes of [
      [21, 3, 1, 0, 2, 3, 40],
      [21, 3, 1, 0, 2, 2],
      [21, 3, 1, 0, 3, 2, 40],
      [22, 3, 1, 0, 2, 2, 40],
    ])
      assert.equal(isAlertRecord(Uint8Array.from(bytes)), false);
  });
});
