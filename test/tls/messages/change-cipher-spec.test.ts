import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseChangeCipherSpec } from "../../../src/tls/messages/change-cipher-spec.ts";
import { malformed } from "./support/malformed.ts";

describe("change_cipher_spec", () => {
  it("is one byte, 1", () => {
    assert.deepEqual(parseChangeCipherSpec(Uint8Array.of(1)), { type: 1 });
    for (const [bytes, message] of [
      [[2], "change_cipher_spec.type at byte 0: 2 is not 1"],
      [[], "change_cipher_spec.type at byte 0: needs 1, has 0"],
      [[1, 1], "change_cipher_spec at byte 1: has 1 bytes too many"],
    ] as const)
      assert.throws(() => parseChangeCipherSpec(Uint8Array.from(bytes)), malformed(message));
  });
});
