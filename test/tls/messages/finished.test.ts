import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseFinished } from "../../../src/tls/messages/finished.ts";
import { malformed } from "./support/malformed.ts";

describe("Finished", () => {
  it("is as long as a hash, or 12 bytes", () => {
    for (const length of [12, 32, 48])
      assert.equal(parseFinished(new Uint8Array(length)).verifyData.length, length);
    for (const length of [0, 11, 65])
      assert.throws(
        () => parseFinished(new Uint8Array(length)),
        malformed(`finished.verify_data at byte 0: has ${length} bytes, not 12 to 64`),
      );
  });
});
