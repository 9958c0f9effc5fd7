import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { PostgresServer, postgresPrograms } from "../../store/postgres/support/postgres-server.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { Home } from "../support/serve.ts";
import { makeClient } from "../support/tls-clients.ts";
import { runHere } from "../support/run-here.ts";
import { failure, printed, printedJson } from "../support/trust.ts";

const [programs] = postgresPrograms();
assert.ok(programs, "no PostgreSQL was found, though npm installs one");

interface Head {
  readonly sequence: number;
  readonly hash: string;
}

describe("store copy, snapshot and compact", () => {
  let server: PostgresServer;
  let count = 0;
  before(async () => {
    server = await PostgresServer.open(programs);
  });
  after(() => server[Symbol.asyncDispose]());

  /** A store that machines share, as one machine names it. */
  const urlOf = (schema: string, machine = "one"): string =>
    `${server.url()}?replica=${join(temporaryFolder(), "replica.db")}&schema=${schema}&node=${machine}`;
  const newSchema = (): string => `copied_${++count}`;

  it("take a store in a file to PostgreSQL and back: the chain of events goes on each time", async () => {
    using home = new Home();
    await printed(home, "trust", "add", (await makeClient(home, "anna")).cert);
    const url = urlOf(newSchema());
    const { head, keys } = await printedJson<{ head: Head; keys: number }>(
      home,
      "store",
      "copy",
      home.store,
      url,
    );
    assert.deepEqual([head.sequence, keys], [1, 1]);
    assert.match((await failure(home, "store", "copy", home.store, url)).stderr, /has something already/);
    const [anna] = await printedJson(home, "trust", "list", "--store", url);
    assert.equal(anna?.["peer"], "anna");
    assert.match(await printed(home, "store", "check", "--store", url), /^ok: 1 events/);
    await printed(home, "trust", "add", (await makeClient(home, "ben")).cert, "--store", url);
    const back = home.path("back.db");
    const returned = await printedJson<{ head: Head; keys: number }>(home, "store", "copy", url, back);
    assert.deepEqual([returned.head.sequence, returned.keys], [2, 2]);
    assert.match((await failure(home, "store", "copy", url, back)).stderr, /is there already/);
    await printed(home, "trust", "revoke", "ben", "--store", back);
    assert.match(await printed(home, "store", "check", "--store", back), /^ok: 3 events/);
    assert.match((await failure(home, "store", "copy", back, home.path("x.db"))).stderr, /one of both/);
  });

  it("print no password, wherever in a URL one was typed", async () => {
    using home = new Home();
    await printed(home, "trust", "add", (await makeClient(home, "anna")).cert);
    for (const url of [
      "postgres://ada:hunter2@127.0.0.1:1/trust",
      "postgresql://ada:hunter2@127.0.0.1:1/trust",
      "POSTGRES://ada:hunter2@127.0.0.1:1/trust",
      " postgres://ada:hunter2@127.0.0.1:1/trust",
      "postgres:ada:hunter2@127.0.0.1:1/trust",
      "postgres://ada@127.0.0.1:1/trust?password=hunter2",
      "postgres://ada@127.0.0.1:1/trust?sslpassword=hunter2",
      "sqlite:postgres://ada:hunter2@127.0.0.1:1/trust",
      "mysql://ada:hunter2@127.0.0.1:1/trust",
    ])
      for (const [from, to] of [
        [home.store, url],
        [url, home.path("copied.db")],
      ] as const)
        for (const json of [[], ["--json"]]) {
          const { code, stdout, stderr } = await runHere(home, ["store", "copy", from, to, ...json]);
          assert.notEqual(code, 0, url);
          assert.ok(!`${stdout}${stderr}`.includes("hunter2"), `${stdout}${stderr}`);
        }
  });

  it("restore a store that machines share from a backup of one of them", async () => {
    using home = new Home();
    const schema = newSchema();
    const [url, other] = [urlOf(schema), urlOf(schema, "other")];
    await printed(home, "trust", "add", (await makeClient(home, "anna")).cert, "--store", url);
    const backup = home.path("backup.db");
    await printed(home, "store", "backup", backup, "--store", url);
    await printed(home, "trust", "forget", "anna", "--store", url);
    await printed(home, "trust", "add", (await makeClient(home, "ben")).cert, "--store", url);
    const { totals } = await printedJson<{ totals: Readonly<Record<string, number>> }>(
      home,
      "store",
      "restore",
      backup,
      "--store",
      other,
    );
    assert.deepEqual([totals["trusted"], totals["waiting"]], [1, 1]);
    for (const machine of [url, other]) {
      const trusted = await printedJson(home, "trust", "list", "--state", "trusted", "--store", machine);
      assert.deepEqual(
        trusted.map(({ peer }) => peer),
        ["anna"],
      );
      assert.match(await printed(home, "store", "check", "--store", machine), /^ok: /);
    }
  });

  it("restore what goes on beyond the end of a store that machines share only if that is said", async () => {
    using home = new Home();
    const schema = newSchema();
    const [url, other] = [urlOf(schema), urlOf(schema, "other")];
    const fork = `sqlite:${home.path("fork.db")}`;
    const backup = home.path("fork.bak");
    await printed(home, "trust", "add", (await makeClient(home, "anna")).cert, "--store", url);
    await printed(home, "store", "copy", url, fork);
    await printed(home, "trust", "add", (await makeClient(home, "mallory")).cert, "--store", fork);
    await printed(home, "store", "backup", backup, "--store", fork);
    const restore = ["store", "restore", backup, "--store", other];
    assert.match((await failure(home, ...restore)).stderr, /has 1 event more than this store \(2\), /);
    const dry = await printedJson<Readonly<Record<string, unknown>>>(home, ...restore, "--dry-run");
    assert.equal(dry["chain"], "ahead");
    const trusted = await printedJson(home, "trust", "list", "--state", "trusted", "--store", url);
    assert.deepEqual(
      trusted.map(({ peer }) => peer),
      ["anna"],
    );
    await printed(home, ...restore, "--dangerously-from-another-chain");
    for (const machine of [url, other]) {
      const events = await printed(home, "trust", "events", "--json", "--store", machine);
      assert.match(events, /"type":"restored".*"aheadOf":"1"/);
      assert.match(await printed(home, "store", "check", "--store", machine), /^ok: /);
    }
  });

  it("have a database that was lost and made anew go on from a backup, or with a copy", async () => {
    using home = new Home();
    const [lost, led, begun] = [urlOf(newSchema()), urlOf(newSchema()), urlOf(newSchema())];
    await printed(home, "trust", "add", (await makeClient(home, "anna")).cert, "--store", lost);
    const [backup, copy] = [home.path("backup.db"), home.path("copy.db")];
    await printed(home, "store", "backup", backup, "--store", lost);
    assert.match(
      await printed(home, "store", "copy", lost, `sqlite:${copy}`),
      / has 1 key, and goes on from /,
    );
    for (const url of [led, begun]) await printed(home, "store", "migrate", "--store", url);
    const another = "--dangerously-from-another-chain";
    const { stderr } = await failure(home, "store", "restore", backup, "--store", led);
    assert.match(stderr, /this store has no events.*\nhint: .*--dangerously-from-another-chain\n$/);
    await printed(home, "store", "restore", backup, another, "--store", led);
    await printed(home, "store", "copy", `sqlite:${copy}`, begun);
    for (const url of [led, begun]) {
      const trusted = await printedJson(home, "trust", "list", "--state", "trusted", "--store", url);
      assert.deepEqual(
        trusted.map(({ peer }) => peer),
        ["anna"],
      );
    }
  });

  it("cut the log, and have a new machine start from the snapshot", async () => {
    using home = new Home();
    const schema = newSchema();
    const url = urlOf(schema);
    for (const name of ["anna", "ben", "carl"]) {
      await printed(home, "trust", "add", (await makeClient(home, name)).cert, "--store", url);
    }
    assert.match(await printed(home, "store", "snapshots", "--store", url), /^no snapshots/);
    const [taken] = [await printedJson<Record<string, unknown>>(home, "store", "snapshot", "--store", url)];
    assert.equal(taken["counts"], true);
    assert.match(String(taken["at"]), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/, "a time as everywhere");
    assert.match(await printed(home, "store", "snapshots", "--store", url), /yes \(anew, follows\)/);
    assert.match(
      await printed(home, "store", "compact", "--dry-run", "--store", url),
      /^the log would begin with change 3; 1 snapshot stays, 0 go, and a new one is made\n$/,
    );
    const drop = ["store", "snapshots", "--store", url, "--drop", String(taken["id"]).slice(0, 8)];
    assert.match(
      await printed(home, ...drop, "--dry-run"),
      /^the snapshot .* of change 3 would be taken away\n$/,
    );
    assert.match(
      (await failure(home, ...drop.slice(0, -1), "ffffffff-0")).stderr,
      /no snapshot "ffffffff-0"/,
    );
    const dropped = await printedJson<Record<string, unknown>>(home, ...drop);
    assert.deepEqual([dropped["needed"], dropped["dryRun"]], [false, false]);
    assert.match(await printed(home, "store", "snapshots", "--store", url), /^no snapshots/);
    const plan = await printedJson<Record<string, unknown>>(
      home,
      "store",
      "compact",
      "--keep",
      "1",
      "--store",
      url,
    );
    assert.deepEqual([plan["before"], plan["gone"]], [3, 2]);
    const [kept] = await printedJson<readonly { id: string }[]>(home, "store", "snapshots", "--store", url);
    const last = ["store", "snapshots", "--store", url, "--drop", kept?.id ?? ""];
    assert.match((await failure(home, ...last)).stderr, /goes on from the snapshot .*, and from no other/);
    const trusted = await printedJson(home, "trust", "list", "--store", urlOf(schema, "new"));
    assert.equal(trusted.length, 3);
    const whole = `${urlOf(schema, "whole")}&snapshot=no`;
    assert.match(
      (await failure(home, "trust", "list", "--store", whole)).stderr,
      /to start from no snapshot/,
    );
    assert.match((await failure(home, "store", "snapshots")).stderr, /no other machine shares/);
  });
});
