import assert from "node:assert/strict";
import { chmodSync, chownSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createIdentity } from "../../src/x509/create-identity.ts";
import { runHere } from "../cli/support/run-here.ts";
import { Home, startServe, startServer } from "../cli/support/serve.ts";
import { PostgresServer, postgresPrograms } from "../store/postgres/support/postgres-server.ts";
import { until } from "../proxies/support/until.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { userIdOf } from "./support/user-id.ts";

const [programs] = postgresPrograms();
assert.ok(programs, "no PostgreSQL was found, though npm installs one");

/** A folder with files that PostgreSQL may read, and nobody else. */
async function serverFiles(names: readonly string[]): Promise<{ readonly path: (name: string) => string }> {
  const folder = temporaryFolder();
  chmodSync(folder, 0o755);
  const { uid, gid } = process.getuid?.() === 0 ? userIdOf("nobody") : {};
  const path = (name: string): string => join(folder, name);
  const write = (name: string, text: string): void => {
    writeFileSync(path(name), text, { mode: 0o600 });
    if (uid !== undefined && gid !== undefined) chownSync(path(name), uid, gid);
  };
  for (const name of names) {
    const made = await createIdentity({ name, now: new Date() });
    write(`${name}.pem`, made.certificatePem);
    write(`${name}.key`, made.privateKeyPem);
  }
  write("hba.conf", "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n");
  return { path };
}

async function certificateOf(home: Home, name: string): Promise<string> {
  const { certificatePem } = await createIdentity({ name, now: new Date() });
  const file = home.path(`${name}.pem`);
  writeFileSync(file, certificatePem);
  return file;
}

describe("a store in PostgreSQL, named by its URL", () => {
  let database: PostgresServer;
  let count = 0;
  before(async () => {
    database = await PostgresServer.open(programs);
  });
  after(() => database[Symbol.asyncDispose]());

  /** One machine of a cluster. */
  function storeOf(home: Home, schema: string, more = ""): string {
    return `${database.url()}?replica=${home.path("replica.db")}&schema=${schema}${more}`;
  }

  it("is one store for all machines, each with a replica and a server's key beside that", async () => {
    using one = new Home();
    using other = new Home();
    const schema = `shared_${++count}`;
    const [here, there] = [storeOf(one, schema), storeOf(other, schema)];
    const anna = await certificateOf(one, "anna");
    const added = await runHere(one, ["trust", "add", anna, "--store", here]);
    assert.equal(added.code, 0, added.stderr);
    const listed = await runHere(other, ["trust", "list", "--json", "--store", there]);
    assert.match(listed.stdout, /"anna"/);
    await using server = await startServe(other, ["--store", there]);
    assert.equal(server.ready["store"], there);
    assert.ok(existsSync(other.path("replica.db.server.pem")));
    const met = await runHere(one, ["connect", server.address, "--store", one.store], "");
    assert.equal(met.code, 0, met.stderr);
    const both = await runHere(one, ["trust", "list", "--store", here]);
    assert.equal(both.stdout.match(/ trusted /g)?.length, 2, both.stdout);
    const revoked = await runHere(one, ["trust", "revoke", "anna", "--store", here]);
    assert.equal(revoked.code, 0, revoked.stderr);
    const seen = await runHere(other, ["trust", "list", "--store", there]);
    assert.match(seen.stdout, /anna +revoked/);
  });

  it("is what the workers of a gateway share, by one replica beside the file that names it", async () => {
    using home = new Home();
    using other = new Home();
    const schema = `shared_${++count}`;
    const config = home.path("gateway.toml");
    const store = `${database.url()}?replica=r.db&schema=${schema}&max_staleness=30s`;
    const listener = '[[listener]]\nlisten = "127.0.0.1:0"\nmode = "tcp"\nto = "127.0.0.1:9"\n';
    writeFileSync(config, `store = "${store}"\nworkers = 2\n${listener}`);
    const checked = await runHere(home, ["check-config", config]);
    assert.equal(checked.code, 0, checked.stderr);
    assert.ok(!existsSync(home.path("r.db")));
    await using server = await startServer(home, ["gateway", "--config", config]);
    assert.ok(existsSync(home.path("r.db")));
    await runHere(home, ["connect", server.address, "--store", home.store], "");
    // A client is refused at once; that its key waits is written a moment later.
    await until(async () => {
      const listed = await runHere(other, ["trust", "list", "--store", storeOf(other, schema)]);
      return / pending /.test(listed.stdout);
    }, "a pending key");
  });

  it("ends with 1 for a database, a role or a schema that is not what was said", async () => {
    using home = new Home();
    const replica = `replica=${home.path("replica.db")}`;
    for (const [url, why] of [
      [`${database.url({ database: "none" })}?${replica}`, /database "none" does not exist/],
      [`${database.url({ user: "nobody-like-it" })}?${replica}`, /role "nobody-like-it" does not exist/],
      [`${database.url()}?${replica}&schema=information_schema`, /holds something else/],
    ] as const) {
      const { code, stderr } = await runHere(home, ["store", "migrate", "--store", url]);
      assert.equal(code, 1, url);
      assert.match(stderr, why);
      await assert.rejects(startServe(home, ["--store", url]), /ended with 1/);
    }
  });

  it("starts and reads without the database, says how old that is, and changes nothing", async () => {
    using home = new Home();
    const schema = `shared_${++count}`;
    const store = storeOf(home, schema);
    const anna = await certificateOf(home, "anna");
    assert.equal((await runHere(home, ["trust", "add", anna, "--store", store])).code, 0);
    await database.stop();
    let isUp = false;
    try {
      const listed = await runHere(home, ["trust", "list", "--store", store]);
      assert.equal(listed.code, 0, listed.stderr);
      assert.match(listed.stdout, /anna +trusted/);
      assert.match(listed.stderr, /what follows is as of \d{4}-/);
      const connections = await runHere(home, ["trust", "connections", "--store", store]);
      assert.match(connections.stderr, /open at other machines cannot be known meanwhile/);
      assert.match(connections.stderr, /no connections are open at this machine/);
      const ben = await certificateOf(home, "ben");
      const added = await runHere(home, ["trust", "add", ben, "--store", store]);
      assert.equal(added.code, 1);
      assert.match(added.stderr, /\nhint: nothing was changed; do it again once the log can be read: see/);
      const cancelled = await runHere(home, ["token", "cancel", "x", "--json", "--store", store]);
      assert.match(cancelled.stderr, /"nothing was changed; do it again once the log can be read: see/);
      for (const reading of ["check", "snapshots"]) {
        const { stderr } = await runHere(home, ["store", reading, "--store", store]);
        assert.match(stderr, /\nhint: see that PostgreSQL runs, and/);
      }
      await using server = await startServe(home, ["--store", store]);
      const refused = await runHere(home, ["connect", server.address, "--store", home.store], "");
      assert.notEqual(refused.code, 0);
      await server.logged(({ event, reason }) => event === "refused" && reason === "store-unavailable");
      await database.start();
      isUp = true;
      await until(async () => {
        const met = await runHere(home, ["connect", server.address, "--store", home.store], "");
        return met.code === 0;
      }, "a client is let in");
    } finally {
      if (!isUp) await database.start();
    }
  });
});

describe("a database that speaks TLS and asks for a password", () => {
  it("is known by its key from the first time on, and let in by no other", async () => {
    const files = await serverFiles(["first", "second"]);
    const options = (name: string): Record<string, string> => ({
      ssl: "on",
      ssl_cert_file: files.path(`${name}.pem`),
      ssl_key_file: files.path(`${name}.key`),
      hba_file: files.path("hba.conf"),
    });
    using home = new Home();
    const replica = home.path("replica.db");
    await using database = await PostgresServer.open(programs, options("first"));
    const url = `${database.url()}?replica=${replica}`;
    const list = (more = ""): ReturnType<typeof runHere> =>
      runHere(home, ["trust", "list", "--store", `${url}&sslmode=require${more}`]);
    await runHere(home, ["store", "migrate", "--store", `${url}&sslmode=require`]);
    const first = await list();
    assert.equal(first.code, 0, first.stderr);
    assert.ok(existsSync(home.path("known_servers.db")));
    const known = await runHere(home, ["trust", "list", "--json", "--store", home.path("known_servers.db")]);
    assert.match(known.stdout, new RegExp(`127\\.0\\.0\\.1:${database.port}`));

    await database.stop();
    for (const kind of ["pem", "key"])
      writeFileSync(files.path(`first.${kind}`), readFileSync(files.path(`second.${kind}`)));
    await database.start();
    const changed = await list();
    assert.equal(changed.code, 1, changed.stderr);
    assert.match(changed.stderr, /ERR_HANDCLASP_REFUSED/);

    // Whoever vouches for it says its name, and 127.0.0.1 is none of its names.
    const named = await list(`&sslrootcert=${files.path("second.pem")}`);
    assert.match(named.stderr, /is for another name/);
  });

  it("gets the password of PGPASSWORD, and nobody else ever sees that", async () => {
    const files = await serverFiles([]);
    await using database = await PostgresServer.open(programs, {
      hba_file: files.path("hba.conf"),
      password_encryption: "scram-sha-256",
    });
    using home = new Home();
    const { connectPostgres } = await import("../store/postgres/support/open-pool.ts");
    const sql = await connectPostgres(database.url());
    await sql.unsafe(
      "CREATE ROLE ada LOGIN PASSWORD 'open sesame'; GRANT CREATE ON DATABASE postgres TO ada",
    );
    await sql.end();
    const store = `${database.url({ user: "ada" })}?replica=${home.path("replica.db")}`;
    const run = async (password: string): Promise<Awaited<ReturnType<typeof runHere>>> => {
      process.env["PGPASSWORD"] = password;
      try {
        return await runHere(home, ["store", "migrate", "--json", "--store", store]);
      } finally {
        delete process.env["PGPASSWORD"];
      }
    };
    const wrong = await run("close sesame");
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /password authentication failed/);
    const right = await run("open sesame");
    assert.equal(right.code, 0, right.stderr);
    for (const { stdout, stderr } of [wrong, right]) assert.doesNotMatch(stdout + stderr, /sesame/);
  });
});
