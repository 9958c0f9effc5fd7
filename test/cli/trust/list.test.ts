import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { toKeyId } from "../../../src/trust/naming/key-id.ts";
import { runHere } from "../support/run-here.ts";
import { NarrowHome } from "../support/narrow-home.ts";
import { Home, runToEnd } from "../support/serve.ts";
import { makeClient } from "../support/tls-clients.ts";
import { factsOfPem, failure, hold, openHomeStore, printed, printedJson } from "../support/trust.ts";
import { connectionsIn } from "../../support/listed.ts";

const FIELDS = [
  "peer",
  "state",
  "reason",
  "keyId",
  "pin",
  "fingerprint",
  "subject",
  "firstSeen",
  "lastSeen",
  "expires",
  "source",
  "conflictsWith",
  "version",
  "note",
];

describe("trust list", () => {
  it("gives programs a row per key in every state, each field there or null", async () => {
    using home = new Home();
    const [anna, rival, ben, eve] = await Promise.all([
      makeClient(home, "anna"),
      makeClient(home, "anna", { file: "rival" }),
      makeClient(home, "ben"),
      makeClient(home, "eve"),
    ]);
    await printed(home, "trust", "add", anna.cert, "--expires", "90d");
    await hold(home, rival.pem, anna.pin);
    await hold(home, ben.pem);
    await printed(home, "trust", "add", eve.cert);
    await printed(home, "trust", "revoke", "eve");
    const rows = await printedJson(home, "trust", "list");
    for (const row of rows) assert.deepEqual(Object.keys(row), FIELDS);
    const byPin = new Map(rows.map((row) => [row["pin"], row]));
    assert.equal(rows.length, 4);

    const { fingerprint } = factsOfPem(anna.pem);
    const trusted = byPin.get(anna.pin);
    assert.match(String(trusted?.["expires"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual(
      { ...trusted, expires: null },
      {
        peer: "anna",
        state: "trusted",
        reason: null,
        keyId: toKeyId(anna.pin),
        pin: anna.pin,
        fingerprint,
        subject: "CN=anna",
        firstSeen: null,
        lastSeen: null,
        expires: null,
        source: "import",
        conflictsWith: null,
        version: trusted?.["version"],
        note: null,
      },
    );
    const short = (pin: string): unknown[] =>
      ["peer", "state", "reason", "source", "conflictsWith"].map((field) => byPin.get(pin)?.[field]);
    assert.deepEqual(short(rival.pin), ["anna", "pending", "key-changed", "first-use", anna.pin]);
    assert.deepEqual(short(ben.pin), ["ben", "pending", "pending", "first-use", null]);
    assert.deepEqual(short(eve.pin), ["eve", "revoked", "revoked", "import", null]);
    assert.match(String(byPin.get(ben.pin)?.["firstSeen"]), /Z$/);

    const pending = await printedJson(home, "trust", "list", "--state", "pending");
    assert.deepEqual(
      pending.map(({ pin }) => pin),
      [rival.pin, ben.pin],
    );
  });

  it("says what a key would be called that a trusted one endorsed, whatever it claims", async () => {
    using home = new Home();
    const [anna, next] = await Promise.all([makeClient(home, "anna"), makeClient(home, "ben")]);
    await printed(home, "trust", "add", anna.cert);
    await hold(home, next.pem, anna.pin, "anna");
    const list = await printed(home, "trust", "list");
    assert.match(list, /^anna \(would be\), ben \(claimed\) +pending /m);
    assert.match(await printed(home, "trust", "show", next.pin), /^ {2}would be +anna$/m);
  });

  it("says why a trusted key would be refused: approved until yesterday, or another name since", async () => {
    using home = new Home();
    const anna = factsOfPem((await makeClient(home, "anna")).pem);
    const ben = factsOfPem((await makeClient(home, "ben")).pem);
    const { store, operator } = openHomeStore(home);
    await operator.import(anna, { expires: Date.now() - 1 });
    await operator.import(ben);
    const { pin, der } = ben;
    const actor = { user: null, process: "serve 1", address: null, listener: null };
    const certificate = { pin, der, fingerprint: "ab".repeat(32), claimedName: "benno" };
    await store.apply({ type: "note-name", at: Date.now(), actor, certificate });
    await store.close();
    const rows = await printedJson(home, "trust", "list");
    assert.deepEqual(rows.map(({ peer, reason }) => `${String(peer)} ${String(reason)}`).toSorted(), [
      "anna expired",
      "ben name-changed",
    ]);
    const table = await printed(home, "trust", "list");
    assert.match(table, /^anna +trusted .*\s+expired: approved until/m);
    assert.match(table, /^ben +trusted .* name-changed: it now claims benno$/m);
  });

  it("shows people a table in which names that are only claimed are marked", async () => {
    using home = new NarrowHome();
    const anna = await makeClient(home, "anna");
    const rival = await makeClient(home, "anna", { file: "rival" });
    await printed(home, "trust", "add", anna.cert);
    await hold(home, rival.pem, anna.pin);
    const text = await printed(home, "trust", "list");
    for (const line of text.split("\n")) assert.ok(line.length <= 80, line);
    // What a line has no room for stands below.
    const lines = text.replaceAll(/\n +/g, " ").split("\n");
    const [annaId, rivalId] = [toKeyId(anna.pin).slice(0, 15), toKeyId(rival.pin).slice(0, 15)];
    assert.match(lines[0] ?? "", /^PEER +STATE +KEY +LAST SEEN +NOTE$/);
    assert.ok(
      lines.some((line) => new RegExp(`^anna \\(claimed\\) +pending +${rivalId} .*${annaId}$`).test(line)),
    );
    assert.ok(lines.some((line) => new RegExp(`^anna +trusted +${annaId} +-`).test(line)));
  });

  it("lets nothing that a certificate says act on the terminal", async () => {
    using home = new Home();
    const subject = "/CN=an\u001b[2Jna\u202e/O=line\u0085two";
    const [key, cert] = [home.path("k.pem"), home.path("c.pem")];
    const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    const made = await runToEnd("openssl", [
      "req",
      "-x509",
      "-utf8",
      ...ec,
      "-subj",
      subject,
      "-days",
      "1",
      "-keyout",
      key,
      "-out",
      cert,
    ]);
    assert.equal(made.code, 0, made.stderr);
    const keyId = toKeyId(factsOfPem(readFileSync(cert, "utf8")).pin);
    const added = await printed(home, "trust", "add", cert);
    assert.equal(added, `trusted  ${keyId}  ${keyId}\n`);
    for (const args of [
      ["list"],
      ["list", "--json"],
      ["show", keyId],
      ["show", keyId, "--json"],
      ["events"],
    ]) {
      const output = await printed(home, "trust", ...args);
      assert.doesNotMatch(output.replaceAll("\n", ""), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u, args.join(" "));
    }
    const [row] = await printedJson(home, "trust", "list");
    assert.doesNotMatch(String(row?.["subject"]), /[\p{Cc}\p{Cf}]/u);
  });

  it("fails when there is no store, and makes none", async () => {
    using home = new Home();
    for (const verb of ["list", "connections", "events", "export"]) {
      const to = verb === "export" ? [home.path("out")] : [];
      const { stderr } = await failure(home, "trust", verb, ...to, "--store", home.path("typo.db"));
      assert.match(
        stderr,
        /^error: there is no trust store at .*typo\.db \[ERR_HANDCLASP_STORE_OPEN\]\nhint: .*serve/,
      );
    }
    await failure(home, "trust", "list", "--store", `sqlite:${home.path("typo.db")}`);
    assert.equal(existsSync(home.path("typo.db")), false);
  });

  it("says on stderr that there are no keys", async () => {
    using home = new Home();
    await openHomeStore(home).store.close();
    const { code, stdout, stderr } = await runHere(home, ["trust", "list"]);
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "", stderr: "no keys yet\n" });
    assert.deepEqual(await printedJson(home, "trust", "list"), []);
  });

  it("ends with 2 on wrong usage", async () => {
    using home = new Home();
    const wrong = [
      ["trust"],
      ["trust", "lost"],
      ["trust", "list", "--state", "happy"],
      ["trust", "show"],
      ["trust", "approve", "anna", "--replace", "--add"],
      ["trust", "approve", "anna", "--expires", "soon"],
      ["trust", "open"],
      ["trust", "open", "--for", "10m", "--close"],
      ["trust", "events", "--after", "x"],
      ["trust", "audit", "verify", "--head", "12"],
    ];
    const results = await Promise.all(wrong.map((args) => runHere(home, args)));
    for (const [at, { code, stdout }] of results.entries()) {
      assert.deepEqual({ code, stdout }, { code: 2, stdout: "" }, String(wrong[at]));
    }
  });
});

describe("trust show", () => {
  it("tells all there is about a key: certificates, refusals, events", async () => {
    using home = new Home();
    const { pem, pin, cert } = await makeClient(home, "anna");
    await printed(home, "trust", "add", cert);
    await printed(home, "trust", "revoke", "anna");
    const { store } = openHomeStore(home);
    const times = { firstAt: Date.now(), lastAt: Date.now(), count: 3 };
    const refusal = {
      pin,
      reason: "revoked",
      detail: null,
      problem: null,
      fingerprint: null,
      peer: "anna",
      address: "192.0.2.7",
      listener: "public",
      connection: "c9",
      ...times,
    } as const;
    await store.record({ seen: [], refusals: [refusal], opened: [], closed: [] });
    await store.close();

    const text = await printed(home, "trust", "show", "anna", "--pem");
    const facts = factsOfPem(pem);
    for (const part of [
      toKeyId(pin),
      pin,
      facts.fingerprint,
      "CN=anna",
      "revoked  from 192.0.2.7 (public)  3 times",
      pem,
    ]) {
      assert.ok(text.includes(part), part);
    }
    const prefix = toKeyId(pin).slice(0, 15).toLowerCase();
    const [shown = {}] = await printedJson(home, "trust", "show", prefix);
    assert.deepEqual(Object.keys(shown).slice(0, FIELDS.length), FIELDS);
    const [certificate] = shown["certificates"] as Record<string, unknown>[];
    assert.equal(certificate?.["fingerprint"], facts.fingerprint);
    assert.equal(certificate?.["notAfter"], new Date(facts.notAfter).toISOString());
    assert.equal("pem" in (certificate ?? {}), false);
    const types = (shown["events"] as { type: string }[]).map(({ type }) => type);
    assert.deepEqual(types, ["imported", "revoked"]);
    assert.equal((shown["refusals"] as { count: number }[])[0]?.count, 3);
  });

  it("shows all keys of a peer, and fails for nobody", async () => {
    using home = new Home();
    await printed(home, "trust", "add", (await makeClient(home, "anna")).cert);
    await printed(home, "trust", "add", (await makeClient(home, "anna", { file: "b" })).cert, "--add");
    assert.equal((await printedJson(home, "trust", "show", "ANNA")).length, 2);
    const { stderr } = await failure(home, "trust", "show", "ben");
    assert.match(
      stderr,
      /^error: no key or peer answers to "ben" .*\nhint: look at what there is: handclasp trust list\n/,
    );
  });
});

describe("trust connections", () => {
  it("lists connections of processes that are alive", async () => {
    using home = new Home();
    const { pin } = await makeClient(home, "anna");
    const since = Date.now();
    const { store } = openHomeStore(home, "serve 4711");
    const live = { id: "c1", pin, peer: "anna", remoteAddress: "192.0.2.1", listener: null, since };
    await store.record({ seen: [], refusals: [], opened: [live], closed: [] });
    const [run] = (await connectionsIn(store)).map((connection) => connection.run);
    assert.deepEqual(await printedJson(home, "trust", "connections"), [
      {
        connection: "c1",
        process: "serve 4711",
        run,
        peer: "anna",
        keyId: toKeyId(pin),
        pin,
        remoteAddress: "192.0.2.1",
        since: new Date(since).toISOString(),
        listener: null,
        machine: null,
      },
    ]);
    assert.match(await printed(home, "trust", "connections"), /^CONNECTION .*\nc1 +serve \d+ +anna /);
    await store.close();
    assert.deepEqual(await printedJson(home, "trust", "connections"), []);
  });
});
