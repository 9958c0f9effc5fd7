import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { DatabaseSync } from "node:sqlite";
import { rmSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { describe, it } from "node:test";
import { CHAIN_START, parseEvent, sealEvent } from "../../../src/trust/records/events.ts";
import { toKeyId } from "../../../src/trust/naming/key-id.ts";
import { randomPin } from "../../support/certificates.ts";
import { runHere } from "../support/run-here.ts";
import { runMany } from "../support/run-many.ts";
import { NarrowHome } from "../support/narrow-home.ts";
import { Home, MAIN } from "../support/serve.ts";
import { makeClient } from "../support/tls-clients.ts";
import { failure, openHomeStore, printed } from "../support/trust.ts";
import { eventsIn } from "../../support/listed.ts";
import { PATIENCE_MS } from "../../support/patience.ts";

/** A process that follows, read line by line. */
function follow(
  home: Home,
  ...args: readonly string[]
): {
  readonly child: ChildProcessByStdio<null, Readable, null>;
  readonly lines: AsyncIterator<string>;
  readonly exit: Promise<number | null>;
} {
  const child = spawn(process.execPath, [MAIN, "trust", "events", "--follow", ...args], {
    env: home.environment,
    stdio: ["ignore", "pipe", "ignore"],
    timeout: PATIENCE_MS,
  });
  const exit = new Promise<number | null>((ended) => child.on("close", ended));
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](), exit };
}

function eventsLine(...args: readonly string[]): readonly string[] {
  return ["trust", "events", "--json", ...args];
}

/** Each event on one line, as it is where there is room. */
function unfolded(text: string): string {
  return text.replaceAll("\n    ", "  ");
}

async function storeWithHistory(home: Home): Promise<void> {
  const { cert } = await makeClient(home, "anna");
  await printed(home, "trust", "add", cert);
  await printed(home, "trust", "rename", "anna", "Anna B");
  await printed(home, "trust", "revoke", "anna b");
}

function tamper(home: Home, sql: string): void {
  using database = new DatabaseSync(home.store);
  database.exec(sql);
}

describe("trust events", () => {
  it("prints each change of trust in 80 columns: who, what, when", async () => {
    using home = new NarrowHome();
    await storeWithHistory(home);
    const text = await printed(home, "trust", "events");
    for (const line of text.split("\n")) assert.ok(line.length <= 80, line);
    const lines = unfolded(text).trimEnd().split("\n");
    assert.equal(lines.length, 3);
    assert.match(
      lines[0] ?? "",
      /^1  \d{4}-\S+Z  imported  anna  [A-Z2-7]{7}-[A-Z2-7]{7}  new -> trusted  .*by /,
    );
    assert.match(lines[1] ?? "", /^2  \S+  renamed  Anna B  \S+  formerName=anna  by /);
    assert.match(lines[2] ?? "", /^3  \S+  revoked  Anna B  \S+  trusted -> revoked  by /);
    assert.match(unfolded(await printed(home, "trust", "events", "--after", "2")), /^3 .*\n$/);
    assert.equal(await printed(home, "trust", "events", "--after", "3"), "");
  });

  it("prints JSON lines for programs", async () => {
    using home = new Home();
    await storeWithHistory(home);
    const lines = (await printed(home, "trust", "events", "--json")).trimEnd().split("\n");
    const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const fields = ["sequence", "at", "type", "actor", "pin", "peer", "before", "after", "details", "hash"];
    for (const event of events) assert.deepEqual(Object.keys(event), fields);
    assert.deepEqual(
      events.map(({ sequence, type, before, after }) => [sequence, type, before, after]),
      [
        [1, "imported", null, "trusted"],
        [2, "renamed", "trusted", "trusted"],
        [3, "revoked", "trusted", "revoked"],
      ],
    );
    assert.match(JSON.stringify(events[0]?.["actor"]), /"process":"trust add \d+"/);
  });

  it("finds events by type, peer, time and what is searched, and in parts", async () => {
    using home = new Home();
    await storeWithHistory(home);
    const { cert, pin } = await makeClient(home, "ben");
    await printed(home, "trust", "add", cert);
    const ran = await runMany(home, [
      eventsLine("--type", "imported"),
      eventsLine("--peer", "ANNA b"),
      eventsLine("--peer", pin),
      eventsLine("--search", "be"),
      eventsLine("--since", "1h", "--type", "revoked"),
      eventsLine("--until", "1h"),
      eventsLine("--limit", "2"),
      eventsLine("--limit", "2", "--after", "2"),
    ]);
    const found = ran.map(({ stdout, stderr }) => {
      const events = stdout.split("\n").filter((text) => text !== "");
      return [events.map((text) => (JSON.parse(text) as { sequence: number }).sequence).join(" "), stderr];
    });
    assert.deepEqual(found, [
      ["1 4", ""],
      ["1 2 3", ""],
      ["4", ""],
      ["4", ""],
      ["3", ""],
      ["", ""],
      ["1 2", "next: 2\n"],
      ["3 4", ""],
    ]);
    const wrong = await runMany(home, [eventsLine("--type", "born"), eventsLine("--follow", "--limit", "1")]);
    for (const { code, stdout } of wrong) assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
  });

  it("follows only what it was asked for", async () => {
    using home = new Home();
    await storeWithHistory(home);
    const { child, lines, exit } = follow(home, "--peer", "Anna B", "--type", "approved", "--json");
    const { store, operator } = openHomeStore(home);
    await operator.openFirstUse(60_000);
    const [key] = await operator.approve(store.keysOfName("anna b")[0]?.pin ?? "");
    await operator.openFirstUse(0);
    const event = JSON.parse(String((await lines.next()).value)) as { type: string; pin: string };
    assert.deepEqual([event.type, event.pin], ["approved", key?.pin]);
    await store.close();
    child.kill("SIGTERM");
    assert.equal(await exit, 0);
  });

  it("follows what other processes change, and ends with 0", async () => {
    using home = new Home();
    await storeWithHistory(home);
    const { child, lines, exit } = follow(home, "--after", "2", "--json");
    const first = JSON.parse(String((await lines.next()).value)) as { sequence: number };
    assert.equal(first.sequence, 3);
    const { store, operator } = openHomeStore(home);
    for (let round = 0; round < 4; round++) {
      await operator.openFirstUse(60_000);
      const event = JSON.parse(String((await lines.next()).value)) as { sequence: number; type: string };
      assert.deepEqual([event.sequence, event.type], [4 + round, "first-use-opened"]);
    }
    await store.close();
    child.kill("SIGTERM");
    assert.equal(await exit, 0);
  });

  it("ends with 0 on SIGINT, and when nobody reads any more", async () => {
    using home = new Home();
    await storeWithHistory(home);
    const interrupted = follow(home);
    await interrupted.lines.next();
    interrupted.child.kill("SIGINT");
    assert.equal(await interrupted.exit, 0);

    const unread = follow(home);
    await unread.lines.next();
    unread.child.stdout.destroy();
    await printed(home, "trust", "open", "--close");
    assert.equal(await unread.exit, 0);
  });
  it("ends with 1 when the store is taken away", async () => {
    using home = new Home();
    await storeWithHistory(home);
    const { lines, exit } = follow(home);
    await lines.next();
    rmSync(home.store);
    assert.equal(await exit, 1);
  });
});

describe("trust audit", () => {
  it("verifies the chain, and finds a head that was noted earlier in it", async () => {
    using home = new Home();
    await storeWithHistory(home);
    const head = (await printed(home, "trust", "audit", "head")).trim();
    assert.match(head, /^3 [0-9a-f]{64}$/);
    await printed(home, "trust", "open", "--close");
    assert.match(await printed(home, "trust", "audit", "verify"), /^ok: 4 events, head 4 [0-9a-f]{64}\n$/);
    for (const noted of [head, head.replace(" ", ":"), `0:${"0".repeat(64)}`]) {
      assert.match(await printed(home, "trust", "audit", "verify", "--head", noted), /^ok: 4 events/);
    }
    const [sequence, hash] = head.split(" ");
    const json = await printed(home, "trust", "audit", "head", "--json");
    assert.notDeepEqual(JSON.parse(json), { sequence: Number(sequence), hash });
    assert.equal((JSON.parse(json) as { sequence: number }).sequence, 4);
  });

  it("names the first event that was changed, removed or added", async () => {
    const broken: readonly (readonly [string, RegExp])[] = [
      [
        "UPDATE events SET json = replace(json, 'anna', 'anne') WHERE sequence = 1",
        /^error: event 1: .*hash/,
      ],
      ["DELETE FROM events WHERE sequence = 2", /^error: event 3: .*missing/],
      [`INSERT INTO events (sequence, json, hash) VALUES (4, '{"sequence":4}', 'ff')`, /^error: event 4: /],
    ];
    for (const [sql, message] of broken) {
      using home = new Home();
      await storeWithHistory(home);
      tamper(home, sql);
      const { stderr } = await failure(home, "trust", "audit", "verify");
      assert.match(stderr, message);
      assert.match(stderr, /\[ERR_HANDCLASP_AUDIT\]/);
    }
  });

  it("shows with --head that the end was cut off, or written anew", async () => {
    using home = new Home();
    await storeWithHistory(home);
    const head = (await printed(home, "trust", "audit", "head")).trim().replace(" ", ":");
    tamper(home, "DELETE FROM events WHERE sequence = 3");
    assert.match((await failure(home, "trust", "audit", "verify")).stderr, /^error: the rows are not what/);
    tamper(home, "UPDATE keys SET state = 'trusted'");
    assert.match(await printed(home, "trust", "audit", "verify"), /^ok: 2 events/);
    const cut = await failure(home, "trust", "audit", "verify", "--head", head);
    assert.match(cut.stderr, /^error: events? 3 .*ERR_HANDCLASP_AUDIT/);
    await printed(home, "trust", "open", "--close");
    const rewritten = await failure(home, "trust", "audit", "verify", "--head", head);
    assert.match(rewritten.stderr, /^error: event 3 has another hash/);
    const json = await runHere(home, ["trust", "audit", "verify", "--head", head, "--json"]);
    assert.equal(json.code, 1);
    assert.equal((JSON.parse(json.stdout) as { ok: boolean }).ok, false);
  });

  it("names the rows that are not what the events come to, and no more of them than fit", async () => {
    using home = new Home();
    await storeWithHistory(home);
    tamper(home, "UPDATE keys SET state = 'trusted', peer = 'an' || char(27) || 'na'");
    const digest = "something else than handclasp changed rows: their digest is [0-9a-f]{64}, .*";
    for (const [verb, start] of [
      [["trust", "audit", "verify"], "error: "],
      [["store", "check"], `error: .* is damaged \\[ERR_HANDCLASP_STORE_CORRUPT\\]:\n {2}${digest}\n {2}`],
    ] as const) {
      const { stderr } = await failure(home, ...verb);
      const rows = "the rows are not what the events come to, in 2 places( \\[ERR_HANDCLASP_AUDIT\\])?:\n";
      assert.match(stderr, new RegExp(`^${start}${rows}`));
      assert.match(stderr, /\n {2}key [A-Z2-7-]+: state is "trusted", by the events "revoked"\n/);
      assert.match(stderr, /peer is "an\\u\{1b\}na", by the events "Anna B"\nhint: /);
      const json = await runHere(home, [...verb, "--json"]);
      assert.equal(json.code, 1);
      assert.partialDeepStrictEqual(JSON.parse(json.stdout), {
        ok: false,
        differenceCount: 2,
        differences: [{ field: "state", row: "trusted", events: "revoked" }, { field: "peer" }],
      });
    }
    assert.match(
      (await runHere(home, ["doctor"])).stdout,
      /rows are not what the events come to, in 2 places/,
    );
  });

  it("says what it could not compare in a store of a former version", async () => {
    using home = new Home();
    const server = ["--server", "gw.example:8443", "--server-pin", randomPin()];
    assert.equal((await runHere(home, ["token", "create", "anna", ...server])).code, 0);
    const { store } = openHomeStore(home);
    const [{ json } = assert.fail()] = await eventsIn(store);
    await store.close();
    const { sequence: _sequence, at, details, ...event } = parseEvent(json) ?? assert.fail();
    const { publicKey: _key, serverPin: _pin, ...former } = details;
    const sealed = sealEvent(CHAIN_START, { ...event, at: Date.parse(at), details: former });
    tamper(home, `UPDATE events SET json = '${sealed.json}', hash = '${sealed.hash}'`);
    const { code, stderr } = await runHere(home, ["trust", "audit", "verify"]);
    assert.equal(code, 0);
    assert.match(stderr, /^not compared: the keys of 1 join token made by an earlier version/);
  });

  it("prints an event that cannot be read as such", async () => {
    using home = new Home();
    await storeWithHistory(home);
    tamper(home, "UPDATE events SET json = '\u001b[2J' WHERE sequence = 2");
    assert.match(await printed(home, "trust", "events"), /\n2  \(this event cannot be read\)\n/);
    const { pin } = await makeClient(home, "anna", { file: "x" });
    tamper(home, `UPDATE events SET json = '{"type":"x\\u001b[2J","pin":"${pin}"}' WHERE sequence = 2`);
    const output = await printed(home, "trust", "events");
    assert.ok(output.includes(toKeyId(pin).slice(0, 15)));
    assert.equal(output.includes("\u001b"), false);
  });
});
