import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import { certificatesFromPem } from "../../src/x509/certificate-description.ts";
import { readCertificate } from "../../src/x509/certificate-facts.ts";
import { runHere } from "./support/run-here.ts";
import { Home } from "./support/serve.ts";

describe("identity", () => {
  it("makes the default identity, and shows it with every form of its name", async () => {
    using home = new Home();
    const created = await runHere(home, ["identity", "create"]);
    assert.equal(created.code, 0, created.stderr);
    const shown = await runHere(home, ["identity", "show", "--json"]);
    const row = JSON.parse(shown.stdout) as Record<string, string>;
    const pem = await runHere(home, ["identity", "show", "--pem"]);
    const [der] = certificatesFromPem(pem.stdout);
    assert.ok(der);
    const facts = readCertificate(der);
    assert.equal(row["name"], "default");
    assert.equal(row["pin"], facts.pin);
    assert.equal(row["keyId"], toKeyId(facts.pin));
    assert.equal(row["fingerprint"], facts.fingerprint);
    for (const field of ["keyId", "pin", "fingerprint", "subject", "file"]) {
      assert.ok(created.stdout.includes(row[field] ?? "?"), field);
    }
  });

  it("never prints the private key", async () => {
    using home = new Home();
    await runHere(home, ["identity", "create"]);
    for (const args of [["show"], ["show", "--pem"], ["show", "--json"], ["list"], ["list", "--json"]]) {
      const { stdout, stderr } = await runHere(home, ["identity", ...args]);
      assert.doesNotMatch(stdout + stderr, /PRIVATE/);
    }
  });

  it("makes every type of key, called as it is told to", async () => {
    using home = new Home();
    for (const type of ["p256", "ed25519", "rsa", "ml-dsa-65"]) {
      const { stdout } = await runHere(home, [
        "identity",
        "create",
        type,
        "--type",
        type,
        "--cn",
        `${type}.example`,
        "--json",
      ]);
      const row = JSON.parse(stdout) as Record<string, unknown>;
      assert.equal(row["keyType"], type);
      assert.equal(row["subject"], `CN=${type}.example`);
    }
    const { stdout } = await runHere(home, ["identity", "list", "--json"]);
    const names = (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name);
    assert.deepEqual(names, ["ed25519", "ml-dsa-65", "p256", "rsa"]);
  });

  it("lets two identities of one machine claim different names", async () => {
    using home = new Home();
    const subjects = [];
    for (const name of ["default", "second"]) {
      const { stdout } = await runHere(home, ["identity", "create", name, "--json"]);
      subjects.push((JSON.parse(stdout) as { subject: string }).subject);
    }
    assert.equal(subjects[1], "CN=second");
    assert.notEqual(subjects[0], subjects[1]);
  });

  it("replaces nothing", async () => {
    using home = new Home();
    await runHere(home, ["identity", "create"]);
    const file = home.path("handclasp", "identities", "default.pem");
    const before = readFileSync(file, "utf8");
    const again = await runHere(home, ["identity", "create"]);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /error: [\s\S]*hint: /);
    assert.equal(readFileSync(file, "utf8"), before);
  });

  it("lists the others when one cannot be used", async () => {
    using home = new Home();
    await runHere(home, ["identity", "create", "good"]);
    writeFileSync(home.path("handclasp", "identities", "bad.pem"), "damaged");
    const { stdout, code } = await runHere(home, ["identity", "list"]);
    assert.equal(code, 0);
    assert.match(stdout, /bad .*cannot be used/);
    assert.match(stdout, /good +p256/);
  });

  it("exits 1 for an identity that there is not, 2 for wrong usage", async () => {
    using home = new Home();
    const missing = await runHere(home, ["identity", "show", "nobody"]);
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /hint: handclasp identity create nobody/);
    assert.equal((await runHere(home, ["identity", "create", "x", "--type", "dsa"])).code, 2);
    assert.equal((await runHere(home, ["identity", "create", "../x"])).code, 1);
  });
});
