import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { isHandclaspError } from "../../../src/errors.ts";
import { databasePassword, passwordIn } from "../../../src/store/postgres/database-password.ts";
import { parseClusterUrl } from "../../../src/trust/port/cluster-address.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const { cluster } = parseClusterUrl("postgres://ada@db/trust");
const DB = { host: "db", port: 5432 };

describe("the password of a database", () => {
  it("is in the first line of a password file that is about it", () => {
    const text = [
      "# db:5432:trust:ada:comment",
      "db:5432:trust:ben:another",
      "db:5433:*:ada:port",
      String.raw`db:5432:trust:ada:with\:colon\\and slash`,
      "*:*:*:*:later",
      "",
    ].join("\n");
    assert.equal(passwordIn(text, cluster, DB), String.raw`with:colon\and slash`);
    assert.equal(passwordIn(text, cluster, { host: "other", port: 1 }), "later");
    assert.equal(passwordIn("db:5432:trust:ben:x", cluster, DB), undefined);
    assert.equal(passwordIn("db:5432:trust:ada", cluster, DB), undefined);
    assert.equal(passwordIn("localhost:*:*:*:here", cluster, { host: "/run", port: 5432 }), "here");
  });

  it("is PGPASSWORD where that says it, before any file", () => {
    const file = join(temporaryFolder(), "pass");
    writeFileSync(file, "*:*:*:*:file", { mode: 0o600 });
    assert.equal(databasePassword(cluster, DB, { PGPASSFILE: file }), "file");
    assert.equal(databasePassword(cluster, DB, { PGPASSFILE: file, PGPASSWORD: "said" }), "said");
    assert.equal(databasePassword(cluster, DB, { PGPASSFILE: `${file}.none` }), undefined);
  });

  it("is not taken from a file that others can read, if it is in there", () => {
    const file = join(temporaryFolder(), "pass");
    writeFileSync(file, "db:*:*:*:secret", { mode: 0o600 });
    chmodSync(file, 0o640);
    assert.throws(
      () => databasePassword(cluster, DB, { PGPASSFILE: file }),
      (error) => {
        assert.ok(isHandclaspError(error, "ERR_HANDCLASP_STORE_OPEN"));
        assert.equal(error.hint, `chmod 600 ${file}`);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      },
    );
    assert.equal(databasePassword(cluster, { host: "elsewhere", port: 1 }, { PGPASSFILE: file }), undefined);
  });
});
