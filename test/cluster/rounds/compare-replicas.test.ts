import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openDatabase } from "../../../src/node-sqlite.ts";
import type { CertificateFacts } from "../../../src/x509/certificate-facts.ts";
import { openStore } from "../../../src/store/open-store.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import { settledFacts } from "../../support/certificates.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { compareReplicas, type Touched } from "./compare-replicas.ts";

const { pin } = factsOf("peer-2");
const KEY = `WHERE pin = '${pin}'`;
const LAST = { pins: [pin], afterEvent: 2 };

function factsOf(name: string): CertificateFacts {
  return settledFacts(name, "", name);
}

/** Two files in which the same was decided, and something was done to the second. */
async function replicas(harm: string): Promise<readonly string[]> {
  const folder = temporaryFolder();
  const one = join(folder, "one.db");
  const two = join(folder, "two.db");
  {
    await using store = openStore(one);
    for (const at of [1, 2, 3]) await store.apply(claimOf(factsOf(`peer-${at}`)));
  }
  const database = openDatabase(one);
  database.prepare("VACUUM INTO ?").run(two);
  database.close();
  const harmed = openDatabase(two);
  harmed.exec(harm);
  harmed.close();
  return [one, two];
}

describe("replicas that are compared", () => {
  it("are equal when the same was decided in them, whatever is each machine's own", async () => {
    const paths =
      await replicas(`UPDATE keys SET fingerprint = 'another', number = number + 7; UPDATE seen SET last_seen = 7;
      DELETE FROM certificates; UPDATE key_versions SET waiting = waiting + 1`);
    compareReplicas(paths);
    compareReplicas(paths, LAST);
  });

  const cases: readonly (readonly [string, string, RegExp])[] = [
    ["a key in another state", `UPDATE keys SET state = 'revoked' ${KEY}`, /keys: 3 and 3 rows; .*revoked/],
    ["a key that one has not", `DELETE FROM keys ${KEY}`, /keys: \d and \d rows/],
    ["an event that one has not", "DELETE FROM events WHERE sequence = 3", /events: \d and \d rows/],
    ["another event", "UPDATE events SET hash = 'ab' WHERE sequence = 3", /events: \d and \d rows; .*"ab"/],
    ["a row of a small table", "INSERT INTO tombstones VALUES ('x', 1)", /tombstones: 0 and 1 rows/],
    ["another number of versions", "UPDATE key_versions SET decided = 77", /key_versions: 1 and 1 rows/],
    [
      "two keys of one name",
      "UPDATE keys SET name_key = 'peer-2' WHERE name_key = 'peer-3'",
      /two keys: .*peer-2/,
    ],
  ];
  for (const [what, harm, said] of cases) {
    it(`are unequal by ${what}, also where only what was touched is looked at`, async () => {
      const paths = await replicas(harm);
      assert.throws(() => compareReplicas(paths), said);
      assert.throws(
        () => compareReplicas(paths, LAST),
        new RegExp(said.source.replace("3 and 3", "1 and 1")),
      );
    });
  }

  it("are equal in what was touched, though something else is not", async () => {
    const others: Touched = { pins: [factsOf("peer-1").pin], afterEvent: 3 };
    const paths = await replicas(
      `UPDATE keys SET state = 'revoked' ${KEY}; DELETE FROM events WHERE sequence = 3`,
    );
    compareReplicas(paths, others);
    assert.throws(() => compareReplicas(paths), /keys|events/);
  });
});
