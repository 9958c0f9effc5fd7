import assert from "node:assert/strict";
import { execFileSync, type ExecFileSyncOptionsWithStringEncoding } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { LogEntry } from "../../../src/trust/port/change-log.ts";
import { formerNode } from "../../support/former-node.ts";
import { ReplicaReader } from "../../../src/store/replica/replica-reader.ts";
import { carryOut, replicaOf } from "./golden/carry-out.ts";

const GOLDEN = join(import.meta.dirname, "golden");
const LOG = join(GOLDEN, "log.json");
const CAME_TO: unknown = JSON.parse(readFileSync(join(GOLDEN, "came-to.json"), "utf8"));
/** The small letter that a capital of Unicode 17 folds to. */
const FOLDED = "\u{16EBB}";

describe("the log that was made once", () => {
  it("leads to the head, the digest and the outcomes that it led to then", () => {
    assert.deepEqual(carryOut(LOG), CAME_TO);
  });

  it("leads to the same, with the same versions, however many changes are carried out together", () => {
    const entries = JSON.parse(readFileSync(LOG, "utf8")) as readonly LogEntry[];
    const [whole, ...parted] = [entries.length, 1, 2, 7].map((together) => {
      const database = replicaOf(entries, together);
      const versions = database.prepare("SELECT decided, waiting FROM key_versions").all();
      const keys = database.prepare("SELECT pin, version FROM keys ORDER BY pin").all();
      const chain = database.prepare("SELECT * FROM events ORDER BY sequence").all();
      const { digest } = new ReplicaReader(database).standing();
      database.close();
      return { digest, versions, keys, chain };
    });
    for (const one of parted) assert.deepEqual(one, whole);
  });

  it("has changes of nearly every kind, and names that Node 24.2.0 would not fold as they are", () => {
    const entries = JSON.parse(readFileSync(LOG, "utf8")) as readonly LogEntry[];
    const types = entries.map(({ change }) => JSON.parse(change).change.type as string);
    assert.ok(new Set(types).size > 20, String(new Set(types).size));
    assert.ok(entries.filter(({ change }) => change.includes(FOLDED)).length > 50);
  });

  it("leads to the same on the oldest Node that will do, whose Unicode is another", (t) => {
    const node = formerNode();
    if ("missing" in node) {
      // In CI it has to be there.
      assert.equal(process.env["CI"], undefined, node.missing);
      t.skip(`NOT TESTED: Node 24.2.0 could not be fetched: ${node.missing}`);
      return;
    }
    const options: ExecFileSyncOptionsWithStringEncoding = {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      timeout: 120_000,
    };
    const unicode = `process.version + " " + "\\u{16EA0}".toLowerCase().codePointAt(0).toString(16)`;
    assert.equal(execFileSync(node.path, ["-p", unicode], options).trim(), "v24.2.0 16ea0");
    const said = execFileSync(node.path, [join(GOLDEN, "carry-out.ts"), LOG], options);
    assert.deepEqual(JSON.parse(said), CAME_TO);
  });
});
