import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";
import { recordListeners } from "../../../src/operator/known-server.ts";
import { openNewClusterAt } from "../../../src/store/open-cluster.ts";
import { openStore } from "../../../src/store/open-store.ts";
import { CHAIN_START } from "../../../src/trust/records/events.ts";
import type { NodeReport } from "../../../src/trust/port/node-roster.ts";
import { StoreUrl } from "../../../src/trust/port/store-url.ts";
import { RULES } from "../../../src/trust/rules.ts";
import { connectPostgres } from "../../store/postgres/support/open-pool.ts";
import { PostgresServer, postgresPrograms } from "../../store/postgres/support/postgres-server.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { factsOf } from "../../support/certificates.ts";
import { Home } from "../support/serve.ts";
import { runHere } from "../support/run-here.ts";
import { failure, printed, printedJson } from "../support/trust.ts";

const [programs] = postgresPrograms();
assert.ok(programs, "no PostgreSQL was found, though npm installs one");

interface Listed {
  readonly rules: number;
  readonly nodes: readonly { readonly name: string; readonly position: number; readonly seen: string }[];
  readonly differences: readonly { readonly kind: string }[];
}

describe("the verbs of a store that machines share", () => {
  let server: PostgresServer;
  let count = 0;
  before(async () => {
    server = await PostgresServer.open(programs);
  });
  after(() => server[Symbol.asyncDispose]());

  /** A store of its own, as one machine names it. */
  const newUrl = (schema = `of_verbs_${++count}`, machine = "one"): string =>
    `${server.url()}?replica=${join(temporaryFolder(), "replica.db")}&schema=${schema}&node=${machine}`;

  it("make what is needed in the database, once", async () => {
    using home = new Home();
    const url = newUrl();
    assert.match(
      await printed(home, "store", "migrate", "--store", url),
      /^the schema is made, at number \d+\n$/,
    );
    assert.match(
      await printed(home, "store", "migrate", "--store", url),
      /^the schema is at number \d+ already\n$/,
    );
    assert.deepEqual(await printedJson(home, "store", "migrate", "--store", url), { from: 1, to: 1 });
  });

  it("list the machines, how far each is, and what they do not have in common", async () => {
    using home = new Home();
    const [one, two] = [newUrl(undefined, "one"), newUrl(`of_verbs_${count}`, "two")];
    for (const url of [one, two]) {
      await using store = openStore(url);
      await store.catchUp();
    }
    const { rules, nodes, differences } = await printedJson<Listed>(home, "store", "nodes", "--store", one);
    assert.equal(rules, RULES);
    assert.deepEqual(
      nodes.map(({ name, position }) => [name, position]),
      [
        ["one", 0],
        ["two", 0],
      ],
    );
    assert.deepEqual(differences, []);
    assert.match(
      await printed(home, "store", "nodes", "--store", two),
      /^MACHINE +VERSION +RULES +POSITION +HEAD +DIGEST +LISTENS +SERVER KEY +SEEN\none +\S+ +1 +0 +0 0{12} +[0-9a-f]{12} +- +- +\S.*\ntwo /,
    );
  });

  it("take one off that is gone, by its name", async () => {
    using home = new Home();
    const url = newUrl();
    await beat(url, { name: "gone" });
    await beat(url, { name: "here" });
    const listed = await printedJson<Listed>(home, "store", "nodes", "--forget", "gone", "--store", url);
    assert.deepEqual(
      listed.nodes.map(({ name }) => name),
      ["here"],
    );
    const failed = await failure(home, "store", "nodes", "--forget", "gone", "--store", url);
    assert.match(failed.stderr, /no machine is called gone.*ERR_HANDCLASP_NOT_FOUND/s);
  });

  it("tell apart machines that are called alike, by their ids", async () => {
    using home = new Home();
    const url = newUrl();
    const ids = [randomUUID(), randomUUID()].toSorted();
    for (const id of ids) await beat(url, { name: "twin", id });
    const { stdout, stderr } = await runHere(home, ["store", "nodes", "--store", url]);
    for (const id of ids) assert.match(stdout, new RegExp(`^twin ${id} `, "m"));
    assert.match(
      stderr,
      /2 machines are called twin: .*\nhint: give one of them another name: node=NAME in /,
    );
    const failed = await failure(home, "store", "nodes", "--forget", "twin", "--store", url);
    assert.match(
      failed.stderr,
      new RegExp(`several machines are called twin: ${ids.join(", ")}.*\nhint: give `),
    );
    const forgotten = await runHere(home, ["store", "nodes", "--forget", ids[0] ?? "", "--store", url]);
    assert.match(
      forgotten.stdout,
      /^twin is off the list; it comes back by itself while a server runs there$/m,
    );
    assert.match(forgotten.stdout, /^twin +0\.1\.0 /m);
  });

  it("leave nobody on the list of machines who was not on it before", async () => {
    using home = new Home();
    const [server_, office] = [newUrl(undefined, "server"), newUrl(`of_verbs_${count}`, "office")];
    await using store = openStore(server_);
    await store.catchUp();
    await store.apply(claimOf(factsOf("carla")));
    for (const verb of ["snapshot", "compact", "stats", "check"])
      await printed(home, "store", verb, "--store", office);
    await printed(home, "trust", "list", "--store", office);
    // Where a server runs it stays, whatever else is done there.
    await printed(home, "trust", "list", "--store", server_);
    const listed = await printedJson<Listed>(home, "store", "nodes", "--store", office);
    assert.deepEqual(
      listed.nodes.map(({ name }) => name),
      ["server"],
    );
  });

  it("make no snapshot where they may not cut the log, and say who may", async () => {
    using home = new Home();
    const url = newUrl();
    await printed(home, "store", "migrate", "--store", url);
    const schema = `of_verbs_${count}`;
    const sql = await connectPostgres(server.url());
    await sql.unsafe(`CREATE ROLE machine LOGIN; GRANT USAGE ON SCHEMA ${schema} TO machine;
      GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${schema} TO machine`);
    await sql.end();
    const ofMachine = `${server.url({ user: "machine" })}?replica=${join(temporaryFolder(), "replica.db")}&schema=${schema}`;
    const empty = await failure(home, "store", "snapshot", "--store", ofMachine);
    assert.match(empty.stderr, /the log has no change yet.*\[ERR_HANDCLASP_STATE\]/);
    {
      await using store = openStore(ofMachine);
      await store.catchUp();
      await store.apply(claimOf(factsOf("carla")));
    }
    const { stderr } = await failure(home, "store", "compact", "--store", ofMachine);
    assert.match(stderr, /cannot cut the log: permission denied.*\nhint: the role postgres may, which owns/s);
    assert.deepEqual(await printedJson(home, "store", "snapshots", "--store", url), []);
    assert.match(
      await printed(home, "store", "compact", "--keep", "1", "--store", url),
      /^the log begins with change 1: 0 changes are gone; 1 snapshot stays, 0 go$/m,
    );
  });

  it("show of each snapshot's id as much as tells it from the others", async () => {
    using home = new Home();
    const url = newUrl();
    {
      await using store = openStore(url);
      await store.catchUp();
      await store.apply(claimOf(factsOf("carla")));
    }
    const made = ["", "", ""];
    for (const at of made.keys()) made[at] = await printed(home, "store", "snapshot", "--store", url);
    const table = await printed(home, "store", "snapshots", "--store", url);
    const shown = Array.from(table.matchAll(/^([0-9a-f-]+) /gm), ([, id = ""]) => id);
    assert.equal(shown.length, 3);
    for (const id of shown) {
      assert.match(
        await printed(home, "store", "snapshots", "--drop", id, "--dry-run", "--store", url),
        new RegExp(`^the snapshot ${id}[0-9a-f-]* of change 1 would be taken away$`, "m"),
      );
    }
    assert.ok(made[2]?.includes(`\n${shown[0]} `), `${made[2]}\n${table}`);
  });

  it("leave no file behind of a replica that never reached its log", async () => {
    using home = new Home();
    const folder = temporaryFolder();
    const replica = join(folder, "replica.db");
    const nowhere = `postgres://nobody@127.0.0.1:1/handclasp?replica=${replica}`;
    for (const verb of [
      ["trust", "list"],
      ["store", "stats"],
      ["store", "compact"],
    ])
      await failure(home, ...verb, "--store", nowhere);
    assert.deepEqual(readdirSync(folder), []);
    const url = `${server.url()}?replica=${replica}&schema=of_verbs_${++count}`;
    await printed(home, "store", "migrate", "--store", url);
    await printed(home, "store", "stats", "--store", url);
    assert.ok(existsSync(replica));
  });

  it("warn of machines behind one port that show different keys", async () => {
    using home = new Home();
    const url = newUrl();
    for (const [name, letter] of [
      ["one", "A"],
      ["two", "B"],
    ] as const) {
      const pin = `sha256:${letter.repeat(42)}A=` as KeyPin;
      await beat(url, { name, listeners: [{ address: "10.0.0.1:443", host: "10.0.0.1", port: 443, pin }] });
    }
    const { differences } = await printedJson<Listed>(home, "store", "nodes", "--store", url);
    assert.deepEqual(
      differences.map(({ kind }) => kind),
      ["server-keys"],
    );
  });

  it("raise the rules once every machine knows them, and name those that do not", async () => {
    using home = new Home();
    const url = newUrl();
    await beat(url, { name: "old", rules: RULES - 1, version: "0.0.9" });
    const failed = await failure(home, "store", "upgrade", "--store", url);
    assert.match(
      failed.stderr,
      new RegExp(`not every machine knows rules ${RULES}: old \\(0.0.9, rules ${RULES - 1}\\)`),
    );
    await printed(home, "store", "nodes", "--forget", "old", "--store", url);
    assert.deepEqual(await printedJson(home, "store", "upgrade", "--store", url), { from: RULES, to: RULES });
  });

  it("say how far this machine is", async () => {
    using home = new Home();
    const url = newUrl();
    await printed(home, "store", "migrate", "--store", url);
    const stats = await printedJson<{ replication: Record<string, unknown> }>(
      home,
      "store",
      "stats",
      "--store",
      url,
    );
    assert.deepEqual([stats.replication["node"], stats.replication["position"]], ["one", 0]);
    assert.match(
      await printed(home, "store", "stats", "--store", url),
      /^position in the log +0$.*^changes not appended yet +0$/ms,
    );
  });

  it("find on any machine where the servers of the others listen: a token can be made on each", async () => {
    using home = new Home();
    const [one, two] = [newUrl(undefined, "one"), newUrl(`of_verbs_${count}`, "two")];
    const pin = `sha256:${"A".repeat(43)}=` as KeyPin;
    await using store = openStore(one);
    await recordListeners(store, [{ address: "192.0.2.1:8443", host: "192.0.2.1", port: 8443, pin }], 0);
    while ((await store.nodes()).every(({ listeners }) => listeners.length === 0)) await store.catchUp();
    const token = await printedJson<{ servers: readonly string[]; serverPin: string }>(
      home,
      "token",
      "create",
      "carl",
      "--store",
      two,
    );
    assert.deepEqual([token.servers, token.serverPin], [["192.0.2.1:8443"], pin]);
  });

  it("are nothing for a store of one place", async () => {
    using home = new Home();
    for (const verb of ["nodes", "upgrade", "migrate"]) {
      const failed = await failure(home, "store", verb);
      assert.match(failed.stderr, /^error: no other machine shares sqlite:.*\[ERR_HANDCLASP_OPTION\]/);
    }
  });
});

async function beat(url: string, report: Partial<NodeReport>): Promise<void> {
  const cluster = openNewClusterAt(StoreUrl.parse(url), "test");
  await cluster.nodes.beat({
    id: randomUUID(),
    name: "node",
    version: "0.1.0",
    rules: RULES,
    position: 0,
    head: CHAIN_START,
    digest: "00".repeat(32),
    listeners: [],
    ...report,
  });
  await cluster.close();
}
