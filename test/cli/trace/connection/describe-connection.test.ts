import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  describeConnection,
  describeProblem,
  describeTime,
  LAST_MS,
} from "../../../../src/cli/trace/connection/describe-connection.ts";

const CONNECTION = {
  id: "7",
  side: "server",
  client: { address: "2001:db8::1", port: 50_000 },
  server: { address: "192.0.2.1", port: 443 },
} as const;

describe("a connection in one line", () => {
  it("says between whom, when, and that its beginning is missing", () => {
    assert.equal(
      describeConnection({ ...CONNECTION, isHeadless: true }, 0),
      "connection 7: [2001:db8::1]:50000 to 192.0.2.1:443, 1970-01-01T00:00:00.000Z, captured from the middle",
    );
    assert.equal(
      describeConnection(CONNECTION, undefined),
      "connection 7: [2001:db8::1]:50000 to 192.0.2.1:443",
    );
  });

  it("has no time that no calendar has", () => {
    assert.equal(describeTime(LAST_MS + 1), undefined);
    assert.match(describeTime(LAST_MS) ?? "", /^\+275760-/);
  });

  it("says who sent what is wrong, and escapes it", () => {
    const problem = {
      connection: "7",
      direction: "read",
      time: 0,
      kind: "malformed",
      message: "a\u001bb",
    } as const;
    const text = describeProblem(problem, CONNECTION);
    assert.match(text, /^connection 7, client, malformed: a/);
    assert.ok(!text.includes("\u001b"));
  });
});
