import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { problemOfEntry, sealEntry } from "../../../src/store/log/seal-entry.ts";
import { LOG_START } from "../../../src/trust/port/change-log.ts";

const AT = "2026-01-01T00:00:00.000Z";

describe("an entry of the log", () => {
  it("has the hash of the one before it, id, rules, node, time and change, whatever their length", () => {
    for (const change of ["{}", `{"note":"${"é😀".repeat(20_000)}"}`]) {
      const [id, node] = [randomUUID(), randomUUID()];
      const entry = sealEntry(LOG_START, { id, change }, { node, rules: 258 }, AT);
      const hash = createHash("sha256")
        .update(Buffer.alloc(32))
        .update(Buffer.from(id.replaceAll("-", ""), "hex"))
        .update(Buffer.from([0, 0, 1, 2]))
        .update(Buffer.from(node.replaceAll("-", ""), "hex"))
        .update(AT + change);
      assert.equal(entry.hash, hash.digest("hex"));
      assert.equal(problemOfEntry(LOG_START, entry), undefined);
    }
  });

  it("has ids of which all is in its hash", () => {
    for (const other of ["", "zz", randomUUID().toUpperCase(), `${randomUUID()}00`]) {
      const [id, node] = [randomUUID(), randomUUID()];
      const named = sealEntry(LOG_START, { id: other, change: "{}" }, { node, rules: 1 }, AT);
      const by = sealEntry(LOG_START, { id, change: "{}" }, { node: other, rules: 1 }, AT);
      for (const entry of [named, by]) assert.equal(problemOfEntry(LOG_START, entry), "entry 1 has no id");
    }
  });
});
