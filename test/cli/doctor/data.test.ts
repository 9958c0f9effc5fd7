import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { examineStores } from "../../../src/cli/doctor/data.ts";
import type { Finding } from "../../../src/cli/doctor/finding.ts";
import { Operator } from "../../../src/operator/operator.ts";
import { openStoreAt } from "../../../src/store/open-store.ts";
import { StoreUrl } from "../../../src/trust/port/store-url.ts";
import { factsOf } from "../../support/certificates.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const AT = Date.UTC(2030, 0, 1);

const ofTrust = (findings: readonly Finding[]): readonly Finding[] =>
  findings.filter(({ subject }) => subject === "trust store");

describe("examineStores", () => {
  const folder = temporaryFolder();

  it("makes nothing that is not there, and finds none in memory", async () => {
    const nowhere = await examineStores(StoreUrl.sqlite(join(folder, "none.db")));
    assert.deepEqual(
      nowhere.findings.map(({ status }) => status),
      ["none", "none"],
    );
    assert.equal(nowhere.newestEventAt, null);
    const [memory] = (await examineStores(StoreUrl.memory)).findings;
    assert.match(memory?.message ?? "", /kept in memory/);
  });

  it("says what is in a store that is well, and when trust last changed in it", async () => {
    const url = StoreUrl.sqlite(join(folder, "trust.db"));
    const store = openStoreAt(url, { process: "test 1" });
    await new Operator(store, { user: "test", process: "test 1", now: () => AT }).import(factsOf("anna"));
    await store.close();
    const { findings, newestEventAt } = await examineStores(url);
    const [only, ...others] = ofTrust(findings);
    assert.equal(only?.status, "ok");
    assert.match(only.message, /1 trusted, 0 pending, 1 events that verify/);
    assert.deepEqual(others, []);
    assert.equal(newestEventAt, AT);
  });

  it("warns of a store that others can read, and says what helps", async () => {
    const file = join(folder, "trust.db");
    chmodSync(file, 0o640);
    const [only] = ofTrust((await examineStores(StoreUrl.sqlite(file))).findings);
    assert.deepEqual([only?.status, only?.hint], ["warn", `chmod 600 ${file}`]);
  });

  it("finds what is no store broken, and looks at the other one all the same", async () => {
    const file = join(folder, "damaged.db");
    writeFileSync(file, "damaged", { mode: 0o600 });
    const { findings } = await examineStores(StoreUrl.sqlite(file));
    assert.deepEqual(
      findings.map(({ subject, status }) => [subject, status]),
      [
        ["trust store", "broken"],
        ["known servers", "none"],
      ],
    );
  });
});
