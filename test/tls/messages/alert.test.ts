import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseAlert } from "../../../src/tls/messages/alert.ts";
import { malformed } from "./support/malformed.ts";

describe("alert", () => {
  it("names its level and its description", () => {
    assert.deepEqual(parseAlert(Uint8Array.of(2, 46)), {
      level: { code: 2, name: "fatal" },
      description: { code: 46, name: "certificate_unknown" },
    });
  });

  it("keeps numbers that have no name", () => {
    assert.deepEqual(parseAlert(Uint8Array.of(3, 200)), {
      level: { code: 3, name: null },
      description: { code: 200, name: null },
    });
  });

  it("is two bytes", () => {
    assert.throws(
      () => parseAlert(Uint8Array.of(2)),
      malformed("alert.description at byte 1: needs 1, has 0"),
    );
    assert.throws(
      () => parseAlert(Uint8Array.of(2, 46, 2)),
      malformed("alert at byte 2: has 1 bytes too many"),
    );
  });
});
