import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, it } from "node:test";
import { hash } from "node:crypto";
import { openStore } from "../../../src/store/open-store.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import { toKeyId } from "../../../src/trust/naming/key-id.ts";
import { createIdentity } from "../../../src/x509/create-identity.ts";
import { factsOf } from "../../support/certificates.ts";
import { runHere } from "../support/run-here.ts";
import { Home } from "../support/serve.ts";

describe("trust export", () => {
  it("writes no certificate over another key than the one that is trusted, and says whose it left out", async () => {
    using home = new Home();
    const { facts: anna } = await createIdentity({ name: "anna", now: new Date() });
    const { facts: mallory } = await createIdentity({ name: "ben", now: new Date() });
    const { der } = mallory;
    // As a change of a log may say that is none of ours.
    const forged = factsOf("ben", { der, fingerprint: hash("sha256", der, "hex") });
    {
      await using store = openStore(home.store);
      for (const facts of [anna, forged]) await store.apply(claimOf(facts));
    }
    const { code, stderr } = await runHere(home, ["trust", "export", home.path("out")]);
    assert.deepEqual(readdirSync(home.path("out")), [`${toKeyId(anna.pin)}.pem`]);
    assert.equal(code, 0);
    assert.match(
      stderr,
      new RegExp(
        `^left out ${toKeyId(forged.pin)}: what is kept for it is a certificate over another key$`,
        "m",
      ),
    );
  });
});
