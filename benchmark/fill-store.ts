import { sumOfRows } from "../src/store/sqlite/digest/trust-digest.ts";
import { connect } from "../src/store/sqlite/file/sqlite-file.ts";
import { openSqliteStore } from "../src/store/sqlite/sqlite-store.ts";
import { putKey } from "../src/trust/changes/put-key.ts";
import { SqliteTables } from "../src/store/sqlite/tables/sqlite-tables.ts";
import { nameKey } from "../src/trust/naming/peer-name.ts";
import type { CertificateFacts } from "../src/x509/certificate-facts.ts";
import { randomFacts } from "./random-facts.ts";

/** Makes a store with this many trusted peers, and these beside them. Returns some of the random ones. */
export async function fillStore(
  path: string,
  peers: number,
  besides: readonly CertificateFacts[] = [],
): Promise<readonly CertificateFacts[]> {
  await openSqliteStore(path).close();
  const database = connect(path);
  const tables = new SqliteTables(database);
  const sample: CertificateFacts[] = [];
  database.exec("PRAGMA synchronous = OFF; BEGIN");
  const put = (facts: CertificateFacts): void => {
    const name = facts.claimedName ?? null;
    const folded = name === null ? null : nameKey(name);
    putKey(tables, {
      pin: facts.pin,
      state: "trusted",
      peer: name,
      nameKey: folded,
      claimedName: name,
      claimedKey: folded,
      newName: null,
      newKey: null,
      source: "import",
      fingerprint: facts.fingerprint,
      firstSeen: 0,
      firstAddress: null,
      expires: null,
      conflictsWith: null,
      staleSeen: false,
      endorsesFrom: 0,
      note: null,
    });
  };
  for (const facts of besides) put(facts);
  for (let index = 0; index < peers; index++) {
    const facts = randomFacts(`peer-${index}`);
    put(facts);
    if (index % Math.ceil(peers / 1000) === 0) sample.push(facts);
  }
  database.prepare("UPDATE decided_sum SET sum = ?").run(sumOfRows(database));
  database.exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
  return sample;
}
