import assert from "node:assert/strict";
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { openDatabase } from "../../../src/node-sqlite.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import { openStore } from "../../../src/store/open-store.ts";
import { StoreUrl } from "../../../src/trust/port/store-url.ts";
import { createIdentity } from "../../../src/x509/create-identity.ts";
import { connectPostgres } from "../../store/postgres/support/open-pool.ts";
import { PostgresServer, postgresPrograms } from "../../store/postgres/support/postgres-server.ts";
import { factsOf } from "../../support/certificates.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { runHere } from "../support/run-here.ts";
import { Home } from "../support/serve.ts";
import { failure, printed } from "../support/trust.ts";

const [programs] = postgresPrograms();
assert.ok(programs, "no PostgreSQL was found, though npm installs one");

describe("verbs where a database is empty, or a replica damaged", () => {
  let server: PostgresServer;
  before(async () => {
    server = await PostgresServer.open(programs);
  });
  after(() => server[Symbol.asyncDispose]());

  const newUrl = (schema: string): string =>
    `${server.url()}?replica=${join(temporaryFolder(), "replica.db")}&schema=${schema}`;

  it("make nothing in a database where nothing is, if they only look or need what is there, and leave no replica", async () => {
    using home = new Home();
    const schema = "empty";
    const url = newUrl(schema);
    const certificate = home.path("anna.pem");
    const { certificatePem } = await createIdentity({ name: "anna", now: new Date() });
    writeFileSync(certificate, certificatePem);
    const folder = dirname(String(StoreUrl.parse(url).file));
    for (const verb of [
      ["store", "stats"],
      ["store", "nodes"],
      ["store", "snapshots"],
      ["store", "compact"],
      ["trust", "list"],
      ["trust", "revoke", "anna"],
    ]) {
      const { stderr: said } = await failure(home, ...verb, "--store", url);
      assert.match(said, /nothing is in the schema \w+ of the database yet/, verb.join(" "));
    }
    const copied = home.path("copy.db");
    const { stderr } = await failure(home, "store", "copy", url, `sqlite:${copied}`);
    assert.match(stderr, /nothing is in the schema \w+ of the database yet/);
    assert.equal(existsSync(copied), false);
    assert.equal((await runHere(home, ["doctor", "--store", url])).code, 0);
    const sql = await connectPostgres(server.url());
    try {
      assert.deepEqual([...(await sql`SELECT 1 FROM pg_namespace WHERE nspname = ${schema}`)], []);
    } finally {
      await sql.end();
    }
    assert.deepEqual(readdirSync(folder), []);
    assert.match(await printed(home, "trust", "add", certificate, "--store", url), /anna/);
  });

  it("say of a replica whose rows were changed that it is to be made anew, and not to be restored", async () => {
    using home = new Home();
    const url = newUrl("damaged");
    await printed(home, "store", "migrate", "--store", url);
    await printed(home, "store", "stats", "--store", url);
    const { stdout } = await runHere(home, ["doctor", "--store", url]);
    assert.match(stdout, /^none +machines +none yet/m);
    {
      await using store = openStore(url);
      await store.apply(claimOf(factsOf("anna")));
    }
    const { file } = StoreUrl.parse(url);
    const replica = openDatabase(String(file));
    replica.exec("UPDATE keys SET state = 'revoked'");
    replica.close();
    const { stderr } = await failure(home, "store", "check", "--store", url);
    assert.match(
      stderr,
      /state is "revoked", by the events "trusted"\nhint: stop what runs on this machine, move the replica away/,
    );
    const found = await runHere(home, ["doctor", "--store", url]);
    assert.match(found.stdout, /rows are not what the events come to, in one place/);
    assert.match(found.stdout, /hint: trust store: stop what runs on this machine, move the replica away/);
    for (const end of ["", "-wal", "-shm"]) rmSync(`${file}${end}`, { force: true });
    assert.match(await printed(home, "store", "check", "--store", url), /^ok: 1 events/);
  });

  it("say where the log was changed that all machines are to be asked, and what to do if they agree", async () => {
    using home = new Home();
    const url = newUrl("changed");
    {
      await using store = openStore(url);
      await store.apply(claimOf(factsOf("anna")));
    }
    const sql = await connectPostgres(server.url());
    try {
      await sql`UPDATE changed.change_log SET change = replace(change, 'anna', 'mary')`;
    } finally {
      await sql.end();
    }
    const { stderr } = await failure(home, "store", "check", "--store", url);
    assert.match(
      stderr,
      /the hash of entry 1 does not match what it says\nhint: do the same on the other machines: .*; if all do, the log was changed: bring the database back/,
    );
  });

  it("begin no database with a file whose rows are not what its events come to", async () => {
    using home = new Home();
    {
      await using store = openStore(home.store);
      await store.apply(claimOf(factsOf("anna")));
    }
    {
      using file = openDatabase(home.store);
      file.exec("UPDATE keys SET state = 'revoked'");
    }
    const url = newUrl("copied");
    const { stderr } = await failure(home, "store", "copy", `sqlite:${home.store}`, url);
    assert.match(
      stderr,
      /^error: the rows are not what the events come to, in one place \[ERR_HANDCLASP_AUDIT\]:/,
    );
    assert.match(await printed(home, "store", "migrate", "--store", url), /^the schema is made/);
  });
});
