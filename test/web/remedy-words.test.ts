import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { troublesOf } from "../../src/operator/replication/replication-trouble.ts";
import type { Replication } from "../../src/trust/port/replication.ts";
import { remedyWords } from "../../web/client/remedy-words.ts";
import { replicationWith } from "../operator/support/replication-with.ts";

const WRONG: readonly Partial<Replication>[] = [
  { isStale: true },
  { database: "away" },
  { database: "away", heldBy: "a lock is held by session 7" },
  { database: "away", unusable: "it is another store" },
  { database: "behind a standby" },
  { brokenLog: "change 3 does not follow" },
  { branch: { from: 1, lost: 1, foundAt: 0, leftAt: null } },
  { rules: { own: 1, cluster: 2 } },
  { unequal: ["b"] },
  { later: 1 },
  { ignored: { count: 1, at: 0, last: "x" } },
  { isDoubled: true },
  { refusedSnapshot: { id: "a", position: 7, madeBy: "b", why: "x", at: 0 } },
];

describe("what the page says can be done about a machine", () => {
  it("is a sentence for each act, and never to try again later: a machine does so by itself", () => {
    for (const wrong of WRONG)
      for (const { remedies } of troublesOf(replicationWith(wrong), 0))
        for (const remedy of remedies) {
          const words = remedyWords(remedy);
          assert.notEqual(words, remedy.act.replaceAll("-", " "));
          assert.doesNotMatch(words, /later/);
        }
  });
});
