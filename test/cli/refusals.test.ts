import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import type { RefusalSighting } from "../../src/trust/port/ledger.ts";
import { factsOf } from "../support/certificates.ts";
import { runMany } from "./support/run-many.ts";
import { NarrowHome } from "./support/narrow-home.ts";
import { Home } from "./support/serve.ts";
import { openHomeStore, printed, printedJson } from "./support/trust.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const FIELDS = [
  "peer",
  "pin",
  "keyId",
  "reason",
  "detail",
  "address",
  "listener",
  "connection",
  "firstAt",
  "lastAt",
  "count",
  "machine",
];

const [ANNA, BEN] = [factsOf("anna"), factsOf("ben")];
const now = Date.now();

function refusal(connection: string, over: Partial<RefusalSighting>): RefusalSighting {
  return {
    pin: null,
    reason: "no-certificate",
    detail: null,
    problem: null,
    fingerprint: null,
    peer: null,
    address: null,
    listener: null,
    connection,
    firstAt: now,
    lastAt: now,
    count: 1,
    ...over,
  };
}

const REFUSALS = [
  refusal("c1", { firstAt: now - 30 * HOUR, lastAt: now - 29 * HOUR, count: 7 }),
  refusal("c2", {
    pin: ANNA.pin,
    peer: "Anna",
    reason: "pending",
    address: "192.0.2.7",
    listener: "public",
    firstAt: now - 9 * HOUR,
    lastAt: now - 2 * HOUR,
    count: 22,
  }),
  refusal("c3", {
    pin: BEN.pin,
    peer: "ben",
    reason: "path-not-allowed",
    address: "2001:db8::7",
    listener: "admin",
    firstAt: now - HOUR,
    lastAt: now - HOUR,
  }),
];

async function homeWithRefusals(home: Home = new Home()): Promise<Home> {
  const { store } = openHomeStore(home);
  await store.record({ seen: [], refusals: REFUSALS, opened: [], closed: [] });
  await store.close();
  return home;
}

/** Which connections were listed, for each of some command lines. */
async function listed(home: Home, ...lines: readonly (readonly string[])[]): Promise<readonly string[]> {
  const ran = await runMany(
    home,
    lines.map((line) => ["refusals", ...line, "--json"]),
  );
  return ran.map(({ stdout }) =>
    (JSON.parse(stdout) as { connection: string }[]).map(({ connection }) => connection).join(" "),
  );
}

describe("refusals", () => {
  it("tells people who was refused, why, from where and how often, the newest first, in 80 columns", async () => {
    using home = await homeWithRefusals(new NarrowHome());
    const table = await printed(home, "refusals");
    assert.match(table, /^LAST +REASON +KEY +FROM +TIMES +PEER\n/);
    const minute = new Date(now - 2 * HOUR).toISOString().slice(0, 16);
    const keyId = toKeyId(ANNA.pin).slice(0, 15);
    assert.match(
      table,
      new RegExp(`\n${minute}Z +pending +${keyId} +192\\.0\\.2\\.7 \\(public\\) +22\\s+Anna\n`),
    );
    assert.ok(table.indexOf("path-not-allowed") < table.indexOf("pending"));
    for (const line of table.split("\n")) assert.ok(line.length <= 80, line);
  });

  it("has each on one line where no terminal reads", async () => {
    using home = await homeWithRefusals();
    const { length } = await printedJson(home, "refusals");
    const lines = (await printed(home, "refusals")).trimEnd().split("\n");
    assert.equal(lines.length, 1 + length);
    assert.ok(lines.some((line) => / pending .* Anna$/.test(line)));
  });

  it("keeps what was written into the store by hand on its line, and what is escaped as it is", async () => {
    using home = new Home();
    const { store } = openHomeStore(home);
    const words = { reason: "pending\u001b[2J" as "pending", detail: "en\u0007\ndorsed" as "endorsed" };
    const forged = refusal("c9", { pin: ANNA.pin, peer: "a\u001b[31m", problem: "x\u001b[0m", ...words });
    const escaped = refusal("c8", { pin: BEN.pin, peer: "b\\u{1b}[31m", reason: "pending" });
    await store.record({ seen: [], refusals: [forged, escaped], opened: [], closed: [] });
    await store.close();
    const table = await printed(home, "refusals");
    assert.doesNotMatch(table, /[^\n\x20-\x7e]/);
    for (const shown of ["pending\\u{1b}[2J (en\\u{7}\\u{a}dorsed)", " a\\u{1b}[31m\n", " b\\u{1b}[31m\n"]) {
      assert.ok(table.includes(shown), shown);
    }
  });

  it("finds them by time, peer, reason, listener and address, whether the key is known or not", async () => {
    using home = await homeWithRefusals();
    const found = await listed(
      home,
      [],
      ["--since", "24h"],
      ["--until", "24h"],
      ["--since", "3h", "--until", "90m"],
      ["--peer", "ANNA"],
      ["--peer", BEN.pin],
      ["--peer", toKeyId(BEN.pin).slice(0, 15)],
      ["--reason", "path-not-allowed"],
      ["--listener", "public"],
      ["--address", "2001:db8::/32"],
      ["--address", "192.0.2.7"],
      ["--search", "nn"],
      ["--search", "192.0"],
      ["--search", "nobody"],
    );
    assert.deepEqual(found, [
      "c3 c2 c1",
      "c3 c2",
      "c1",
      "c2",
      "c2",
      "c3",
      "c3",
      "c3",
      "c2",
      "c3",
      "c2",
      "c2",
      "c2",
      "",
    ]);
  });

  it("gives programs an array, and whoever asked for a part where the rest begins", async () => {
    using home = await homeWithRefusals();
    const [first] = await runMany(home, [["refusals", "--limit", "2", "--json"]]);
    const rows = JSON.parse(first?.stdout ?? "") as Record<string, unknown>[];
    for (const row of rows) assert.deepEqual(Object.keys(row), FIELDS);
    assert.deepEqual(rows[1], {
      peer: "Anna",
      pin: ANNA.pin,
      keyId: toKeyId(ANNA.pin),
      reason: "pending",
      detail: null,
      address: "192.0.2.7",
      listener: "public",
      connection: "c2",
      firstAt: new Date(now - 9 * HOUR).toISOString(),
      lastAt: new Date(now - 2 * HOUR).toISOString(),
      count: 22,
      machine: null,
    });
    const cursor = /^next: (\S+)\n$/.exec(first?.stderr ?? "")?.[1] ?? "";
    const [rest, bad] = await runMany(home, [
      ["refusals", "--limit", "2", "--json", "--after", cursor],
      ["refusals", "--after", "c2"],
    ]);
    assert.deepEqual(
      (JSON.parse(rest?.stdout ?? "") as { connection: string }[]).map(({ connection }) => connection),
      ["c1"],
    );
    assert.equal(rest?.stderr, "");
    assert.deepEqual([bad?.code, bad?.stdout], [1, ""]);
    assert.match(bad?.stderr ?? "", /\[ERR_HANDCLASP_OPTION\]/);
  });

  it("refuses reasons and times that there are not, with those that there are", async () => {
    using home = await homeWithRefusals();
    const wrong = await runMany(home, [
      ["refusals", "--reason", "dislike"],
      ["refusals", "--since", "yesterday"],
      ["refusals", "--limit", "0"],
    ]);
    for (const { code, stdout } of wrong) assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
    assert.match(wrong[0]?.stderr ?? "", /Allowed choices are no-certificate, .*, path-not-allowed\./);
    assert.match(wrong[1]?.stderr ?? "", /neither a duration nor a time\nhint: write 24h/);
  });

  it("says on stderr that nobody was refused", async () => {
    using home = new Home();
    await openHomeStore(home).store.close();
    const [ran, asJson] = await runMany(home, [["refusals"], ["refusals", "--json"]]);
    assert.deepEqual([ran?.stdout, ran?.stderr], ["", "nobody was refused in the last seven days\n"]);
    assert.equal(asJson?.stdout, "[]\n");
  });
});
