import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseKeyUpdate } from "../../../src/tls/messages/key-update.ts";
import { malformed } from "./support/malformed.ts";

describe("KeyUpdate", () => {
  it("asks for the other side's, or does not", () => {
    assert.deepEqual(parseKeyUpdate(Uint8Array.of(0)), { updateRequested: false });
    assert.deepEqual(parseKeyUpdate(Uint8Array.of(1)), { updateRequested: true });
    assert.throws(
      () => parseKeyUpdate(Uint8Array.of(2)),
      malformed("key_update.request_update at byte 0: 2 is neither 0 nor 1"),
    );
  });
});
