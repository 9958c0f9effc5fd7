import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseEmptyMessage } from "../../../src/tls/messages/empty-message.ts";
import { malformed } from "./support/malformed.ts";

describe("a message without content", () => {
  it("is empty", () => {
    assert.deepEqual(parseEmptyMessage(Uint8Array.of(), "server_hello_done"), {});
    assert.throws(
      () => parseEmptyMessage(Uint8Array.of(0), "server_hello_done"),
      malformed("server_hello_done at byte 0: has 1 bytes too many"),
    );
  });
});
