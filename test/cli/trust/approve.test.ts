import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toKeyId } from "../../../src/trust/naming/key-id.ts";
import type { TrustEvent } from "../../../src/trust/records/events.ts";
import { runHere } from "../support/run-here.ts";
import { Home, MAIN, runToEnd } from "../support/serve.ts";
import { makeClient } from "../support/tls-clients.ts";
import { failure, hold, openHomeStore, printed, printedJson, refused } from "../support/trust.ts";

/** util-linux's `script`, which gives a program a terminal. */
const terminal = await runToEnd("script", ["--version"]).catch(() => undefined);
const hasTerminal = terminal?.stdout.includes("util-linux") === true;

/** `peer state` of every key, sorted. */
async function states(home: Home): Promise<readonly string[]> {
  const rows = await printedJson(home, "trust", "list");
  return rows.map(({ peer, state }) => `${String(peer)} ${String(state)}`).toSorted();
}

/** Runs a verb at a terminal at which somebody types. */
async function typed(
  home: Home,
  verb: readonly string[],
  answer: string,
): Promise<{ code: number | null; text: string }> {
  const line = [process.execPath, MAIN, ...verb].map((word) => `'${word}'`).join(" ");
  const args = ["--quiet", "--return", "--command", line, "/dev/null"];
  const { code, stdout } = await runToEnd("script", args, {
    input: `${answer}\n`,
    environment: home.environment,
  });
  return { code, text: stdout };
}

describe("trust approve", () => {
  it("trusts a key that waits, by name, and says which", async () => {
    using home = new Home();
    const { pem, pin } = await makeClient(home, "anna");
    await hold(home, pem);
    assert.equal(await printed(home, "trust", "approve", "anna"), `trusted  anna  ${toKeyId(pin)}\n`);
    assert.deepEqual(await states(home), ["anna trusted"]);
  });

  it("writes down that it came from a command line, and whether the whole key was given", async () => {
    using home = new Home();
    const anna = await makeClient(home, "anna", { file: "anna" });
    const ben = await makeClient(home, "ben", { file: "ben" });
    for (const { pem } of [anna, ben]) await hold(home, pem);
    await printed(home, "trust", "approve", "anna");
    await printed(home, "trust", "approve", toKeyId(ben.pin).toLowerCase());
    const lines = (await printed(home, "trust", "events", "--json")).trim().split("\n");
    const events = lines.map((line) => JSON.parse(line) as TrustEvent);
    assert.deepEqual(
      events.map(({ actor, details }) => [actor.via, details["compared"]]),
      [
        ["cli", "none"],
        ["cli", "key-id"],
      ],
    );
  });

  it("gives it another name and an end, and prints the key as JSON", async () => {
    using home = new Home();
    const { pem, pin } = await makeClient(home, "anna");
    await hold(home, pem);
    const before = Date.now();
    const [key] = await printedJson(home, "trust", "approve", pin, "--name", "Anna B", "--expires", "90d");
    assert.deepEqual([key?.["peer"], key?.["state"], key?.["source"]], ["Anna B", "trusted", "approved"]);
    const days = (Date.parse(String(key?.["expires"])) - before) / 86_400_000;
    assert.ok(days >= 90 && days < 90.01, `${days}`);
  });

  it("fails with a hint when the name is bound, then retires the old key or keeps both", async () => {
    using home = new Home();
    const old = await makeClient(home, "anna", { file: "old" });
    const fresh = await makeClient(home, "anna", { file: "fresh" });
    const third = await makeClient(home, "anna", { file: "third" });
    await printed(home, "trust", "add", old.cert);
    await hold(home, fresh.pem, old.pin);
    const { stderr } = await failure(home, "trust", "approve", "anna");
    assert.match(
      stderr,
      /^error: the name "anna" is bound to another key: .* \[ERR_HANDCLASP_CONFLICT\]\nhint: retire that key, keep both, or .*: handclasp trust approve \S+ --replace; or --add; or --name NAME\n/,
    );
    assert.ok(stderr.includes(toKeyId(old.pin)));
    assert.equal(
      await printed(home, "trust", "approve", "anna", "--replace"),
      `trusted  anna  ${toKeyId(fresh.pin)}\nretired  anna  ${toKeyId(old.pin)}\n`,
    );
    await hold(home, third.pem, fresh.pin);
    assert.equal(
      await printed(home, "trust", "approve", third.pin, "--add"),
      `trusted  anna  ${toKeyId(third.pin)}\n`,
    );
    assert.deepEqual(await states(home), ["anna retired", "anna trusted", "anna trusted"]);
  });

  it("lists the keys when several claim a name, and names the mistyped group of a key id", async () => {
    using home = new Home();
    const one = await makeClient(home, "anna", { file: "one" });
    const two = await makeClient(home, "anna", { file: "two" });
    await hold(home, one.pem);
    await hold(home, two.pem);
    const { stderr } = await failure(home, "trust", "approve", "anna");
    for (const { pin } of [one, two]) assert.ok(stderr.includes(`\n  ${toKeyId(pin)} (pending)\n`), stderr);
    const keyId = toKeyId(one.pin);
    const wrong = `${keyId.startsWith("A") ? "C" : "A"}${keyId.slice(1)}`;
    assert.match(
      (await failure(home, "trust", "approve", wrong)).stderr,
      /^error: group 1 of 9, "[A-Z2-7]{7}", was mistyped/,
    );
    assert.deepEqual(await states(home), ["anna pending", "anna pending"]);
  });
});

describe("trust approve, of what was seen", () => {
  it("fails without a change when the key claims another name than the one that was seen", async () => {
    using home = new Home();
    const { pem, pin } = await makeClient(home, "admin");
    await hold(home, pem);
    const { stderr } = await failure(home, "trust", "approve", pin, "--seen", "bob");
    assert.match(
      stderr,
      /^error: this key claims the name "admin", not "bob" \[ERR_HANDCLASP_CHANGED\]\nhint: /,
    );
    assert.deepEqual(await states(home), ["admin pending"]);
    await printed(home, "trust", "approve", pin, "--seen", "Admin");
    assert.deepEqual(await states(home), ["admin trusted"]);
  });

  it(
    "shows claim, key id and address at a terminal, and asks, unless told --yes or --seen",
    { skip: !hasTerminal },
    async () => {
      using home = new Home();
      const [anna, ben, carl] = [
        await makeClient(home, "anna"),
        await makeClient(home, "ben"),
        await makeClient(home, "carl"),
      ];
      for (const { pem } of [anna, ben, carl]) await hold(home, pem);
      await refused(home, anna.pin, "192.0.2.7");
      const no = await typed(home, ["trust", "approve", anna.pin], "");
      assert.match(no.text, /anna \(claimed\)  pending, seen \S+ from 192\.0\.2\.7\s/);
      assert.ok(no.text.includes(toKeyId(anna.pin)), no.text);
      assert.match(no.text, /trust this key as "anna"\? \[y\/N\]/);
      assert.equal(no.code, 1);
      const yes = await typed(home, ["trust", "approve", "anna", "--name", "Anna B"], "y");
      assert.match(yes.text, /trust this key as "Anna B"\?/);
      assert.equal(yes.code, 0, yes.text);
      for (const [verb, flags] of [
        ["ben", ["--yes"]],
        ["carl", ["--seen", "carl"]],
      ] as const) {
        const { text } = await typed(home, ["trust", "approve", verb, ...flags], "");
        assert.doesNotMatch(text, /\[y\/N\]/);
      }
      assert.deepEqual(await states(home), ["Anna B trusted", "ben trusted", "carl trusted"]);
    },
  );

  it("keeps the end of a trusted key, says so, and takes it away when told", async () => {
    using home = new Home();
    const { cert, pin } = await makeClient(home, "anna");
    await printed(home, "trust", "add", cert, "--expires", "90d");
    const kept = await printed(home, "trust", "approve", pin, "--name", "Anna B");
    assert.match(kept, /^trusted  Anna B  \S+  until \d{4}-/);
    assert.match(await printed(home, "trust", "add", cert, "--name", "Anna B"), /  until /);
    const forever = await printed(home, "trust", "approve", pin, "--expires", "never");
    assert.equal(forever, `trusted  Anna B  ${toKeyId(pin)}\n`);
  });
});

describe("trust revoke, ignore and forget", () => {
  it("revokes all keys of a peer without asking when stdin is no terminal, and prints each", async () => {
    using home = new Home();
    const one = await makeClient(home, "anna", { file: "one" });
    const two = await makeClient(home, "anna", { file: "two" });
    await printed(home, "trust", "add", one.cert);
    await printed(home, "trust", "add", two.cert, "--add");
    const lines = (await printed(home, "trust", "revoke", "anna")).trimEnd().split("\n");
    assert.deepEqual(
      lines.toSorted(),
      [one, two].map(({ pin }) => `revoked  anna  ${toKeyId(pin)}`).toSorted(),
    );
    assert.deepEqual(await states(home), ["anna revoked", "anna revoked"]);
    await failure(home, "trust", "revoke", "anna");
    const add = await failure(home, "trust", "add", one.cert);
    assert.match(add.stderr, /this key is revoked: importing does not lift that/);
  });

  it("ignores an impostor and leaves the peer alone", async () => {
    using home = new Home();
    const anna = await makeClient(home, "anna");
    const impostor = await makeClient(home, "anna", { file: "impostor" });
    await printed(home, "trust", "add", anna.cert);
    await hold(home, impostor.pem, anna.pin);
    assert.equal(
      await printed(home, "trust", "ignore", impostor.pin),
      `ignored  anna (claimed)  ${toKeyId(impostor.pin)}\n`,
    );
    assert.deepEqual(await states(home), ["anna ignored", "anna trusted"]);
  });

  it("forgets a peer, so that its name is free, and prints what it was", async () => {
    using home = new Home();
    const anna = await makeClient(home, "anna");
    const other = await makeClient(home, "anna", { file: "other" });
    await printed(home, "trust", "add", anna.cert);
    const [forgotten] = await printedJson(home, "trust", "forget", "anna");
    assert.deepEqual([forgotten?.["pin"], forgotten?.["subject"]], [anna.pin, "CN=anna"]);
    await printed(home, "trust", "add", other.cert);
    assert.equal(
      await printed(home, "trust", "forget", other.pin),
      `forgotten  anna  ${toKeyId(other.pin)}\n`,
    );
    assert.deepEqual(await states(home), []);
  });

  it(
    "asks at a terminal before it revokes several keys, unless told --yes",
    { skip: !hasTerminal },
    async () => {
      using home = new Home();
      await printed(home, "trust", "add", (await makeClient(home, "anna", { file: "one" })).cert);
      await printed(home, "trust", "add", (await makeClient(home, "anna", { file: "two" })).cert, "--add");
      const no = await typed(home, ["trust", "revoke", "anna"], "");
      assert.match(no.text, /revoke these 2 keys\? \[y\/N\]/);
      assert.match(no.text, /nothing was changed/);
      assert.equal(no.code, 1);
      assert.deepEqual(await states(home), ["anna trusted", "anna trusted"]);
      const yes = await typed(home, ["trust", "revoke", "anna"], "y");
      assert.equal(yes.code, 0, yes.text);
      assert.deepEqual(await states(home), ["anna revoked", "anna revoked"]);
      const forgotten = await typed(home, ["trust", "forget", "anna", "--yes"], "");
      assert.doesNotMatch(forgotten.text, /\[y\/N\]/);
      assert.deepEqual(await states(home), []);
    },
  );
});

describe("trust rename", () => {
  it("renames a peer with all its keys, and refuses a name that is taken", async () => {
    using home = new Home();
    const anna = await makeClient(home, "anna");
    await printed(home, "trust", "add", anna.cert);
    await printed(home, "trust", "add", (await makeClient(home, "ben")).cert);
    assert.match((await failure(home, "trust", "rename", "anna", "BEN")).stderr, /is bound to another key/);
    assert.match(
      (await failure(home, "trust", "rename", "anna", anna.pin)).stderr,
      /it looks like a key's pin/,
    );
    assert.equal(
      await printed(home, "trust", "rename", "anna", "Anna B"),
      `renamed  Anna B  ${toKeyId(anna.pin)}\n`,
    );
    assert.deepEqual(await states(home), ["Anna B trusted", "ben trusted"]);
  });
});

describe("trust open", () => {
  it("makes no store: a mistyped path must not look as if it worked", async () => {
    using home = new Home();
    const { code, stderr } = await runHere(home, ["trust", "open", "--for", "10m"]);
    assert.equal(code, 1);
    assert.match(stderr, /error: there is no trust store .*\nhint: /);
    assert.equal((await runHere(home, ["trust", "list"])).code, 1);
  });

  it("opens first use for a while, and closes it", async () => {
    using home = new Home();
    await openHomeStore(home).store.close();
    const { openUntil } = await printedJson<{ openUntil: string }>(home, "trust", "open", "--for", "10m");
    const minutes = (Date.parse(openUntil) - Date.now()) / 60_000;
    assert.ok(minutes > 9 && minutes <= 10, `${minutes}`);
    assert.equal(await printed(home, "trust", "open", "--close"), "first use is closed\n");
    const events = await printed(home, "trust", "events");
    assert.match(events, /first-use-opened [^]*\n\d+  \S+  first-use-closed /);
  });
});
