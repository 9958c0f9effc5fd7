import assert from "node:assert/strict";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { runHere } from "./support/run-here.ts";
import { Home, startServe } from "./support/serve.ts";

interface Row {
  readonly status: string;
  readonly subject: string;
  readonly message: string;
  readonly hint: string | null;
}

async function examined(
  home: Home,
): Promise<{ readonly code: number | null; readonly of: (subject: string) => Row[] }> {
  const { code, stdout } = await runHere(home, ["doctor", "--json"]);
  const rows = JSON.parse(stdout) as Row[];
  return { code, of: (subject) => rows.filter((row) => row.subject === subject) };
}

const statuses = (rows: readonly Row[]): string[] => rows.map(({ status }) => status);

describe("doctor", () => {
  it("finds nothing wrong where nothing is set up, and sets nothing up", async () => {
    using home = new Home();
    const { code, of } = await examined(home);
    assert.equal(code, 0);
    for (const subject of ["data folder", "trust store", "known servers", "identities"]) {
      assert.deepEqual(statuses(of(subject)), ["none"], subject);
    }
    assert.deepEqual(statuses(of("node")), ["ok"]);
    assert.equal(existsSync(home.path("handclasp")), false);
  });

  it("finds everything well after a server and a client ran", async () => {
    using home = new Home();
    await using server = await startServe(home);
    await runHere(home, ["connect", server.address], "me\n");
    const { code, of } = await examined(home);
    assert.equal(code, 0);
    for (const subject of [
      "data folder",
      "trust store",
      "known servers",
      "identity default",
      "server identity",
    ]) {
      assert.deepEqual(statuses(of(subject)), ["ok"], subject);
    }
    const { stdout } = await runHere(home, ["doctor"]);
    assert.match(stdout, /^ok +trust store/m);
  });

  it("exits 1 when the audit chain was tampered with", async () => {
    using home = new Home();
    const server = await startServe(home);
    await runHere(home, ["connect", server.address], "me\n");
    await server.stop();
    const database = new DatabaseSync(home.store);
    database.exec("UPDATE events SET json = replace(json, 'met', 'approved')");
    database.close();
    const { code, of } = await examined(home);
    assert.equal(code, 1);
    assert.deepEqual(statuses(of("trust store")), ["broken"]);
  });

  it("exits 1 for a damaged store or identity, and still looks at the rest", async () => {
    using home = new Home();
    await runHere(home, ["identity", "create"]);
    writeFileSync(home.path("handclasp", "identities", "default.pem"), "damaged");
    writeFileSync(home.store, "damaged");
    const { code, of } = await examined(home);
    assert.equal(code, 1);
    assert.deepEqual(statuses(of("trust store")), ["broken"]);
    assert.deepEqual(statuses(of("identity default")), ["broken"]);
    assert.deepEqual(statuses(of("data folder")), ["ok"]);
  });

  it("warns of keys that others can read", async () => {
    using home = new Home();
    await runHere(home, ["identity", "create"]);
    chmodSync(home.path("handclasp", "identities", "default.pem"), 0o644);
    chmodSync(home.path("handclasp"), 0o755);
    chmodSync(home.path("handclasp", "identities"), 0o750);
    const { code, of } = await examined(home);
    assert.equal(code, 0);
    assert.deepEqual(statuses(of("identity default")), ["warn"]);
    assert.deepEqual(statuses(of("data folder")), ["warn"]);
    assert.match(of("identity default")[0]?.hint ?? "", /^chmod 600 /);
    assert.match(of("identities")[0]?.hint ?? "", /^chmod 700 /);
  });
});
