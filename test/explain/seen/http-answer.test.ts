import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readHttpAnswer } from "../../../src/explain/seen/http-answer.ts";

const [DATA, HEADERS, SETTINGS] = [0, 1, 4];
const [PADDED, PRIORITY] = [0x08, 0x20];

/** A frame of HTTP/2, on stream 1. RFC 9113 §4.1. */
function frame(type: number, payload: Uint8Array, flags = 0): Buffer {
  const header = Uint8Array.of(0, payload.length >> 8, payload.length & 0xff, type, flags, 0, 0, 0, 1);
  return Buffer.concat([header, payload]);
}

/** What a server says in HTTP/2 with these fields; its SETTINGS come first. */
function answer(block: Uint8Array, { flags = 0, body = "" } = {}): Uint8Array {
  return Buffer.concat([
    frame(SETTINGS, new Uint8Array(6)),
    frame(HEADERS, block, flags),
    frame(DATA, Buffer.from(body)),
  ]);
}

function statusOf(...block: readonly number[]): number | undefined {
  return readHttpAnswer(answer(Uint8Array.from(block)))?.status;
}

describe("readHttpAnswer", () => {
  it("reads the status of HTTP/1.0 and HTTP/1.1", () => {
    for (const version of ["1.0", "1.1"]) {
      const bytes = Buffer.from(`HTTP/${version} 400 Bad Request\r\n\r\nThe SSL certificate error`);
      assert.equal(readHttpAnswer(bytes)?.status, 400);
      assert.match(readHttpAnswer(bytes)?.text ?? "", /The SSL certificate error$/);
    }
  });

  it("reads the status of HTTP/2 in each form that it comes in", () => {
    // Out of the static table: RFC 7541 §6.1.
    assert.equal(statusOf(0x88), 200);
    assert.equal(statusOf(0x8c), 400);
    // With the name out of it, kept (§6.2.1), not kept (§6.2.2), never kept (§6.2.3).
    const digits = [3, ...Buffer.from("421")];
    assert.equal(statusOf(0x48, ...digits), 421);
    assert.equal(statusOf(0x08, ...digits), 421);
    assert.equal(statusOf(0x18, ...digits), 421);
    assert.equal(statusOf(0x0f, ...digits), undefined, "an index over 14");
    // Folded by Huffman's code (§5.2): 403 is 011010 00000 011001.
    assert.equal(statusOf(0x48, 0x83, 0b01101000, 0b00001100, 0b11111111), 403);
    // Behind a change of the table's size (§6.3).
    assert.equal(statusOf(0x20, 0x8c), 400);
    assert.equal(statusOf(0x3f, 0xe1, 0x1f, 0x8c), 400);
    assert.equal(statusOf(0x3f, 0xe1), undefined);
  });

  it("passes over padding and priority", () => {
    const padded = answer(Uint8Array.of(2, 0x8c, 0, 0), { flags: PADDED });
    assert.equal(readHttpAnswer(padded)?.status, 400);
    const weighed = answer(Uint8Array.of(0, 0, 0, 0, 16, 0x8d), { flags: PRIORITY });
    assert.equal(readHttpAnswer(weighed)?.status, 404);
  });

  it("keeps what HTTP/2 says below", () => {
    const refused = answer(Uint8Array.of(0x8c), { body: "No required SSL certificate was sent" });
    assert.equal(readHttpAnswer(refused)?.text, "No required SSL certificate was sent");
  });

  it("says nothing of what is cut, or no HTTP", () => {
    const whole = answer(Uint8Array.of(0x48, 3, ...Buffer.from("421")));
    for (let length = 0; length < whole.length - 9; length++)
      assert.equal(readHttpAnswer(whole.subarray(0, length)), undefined, String(length));
    for (const text of ["", "220 ready\r\n", "HTTP/1.1 4", "SSH-2.0-x"])
      assert.equal(readHttpAnswer(Buffer.from(text)), undefined, text);
    assert.equal(statusOf(0x82), undefined, "a field that is no status");
    assert.equal(statusOf(), undefined);
  });
});
