import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { toKeyId } from "../../../src/trust/naming/key-id.ts";
import { runHere } from "../support/run-here.ts";
import { Home, MAIN, runToEnd } from "../support/serve.ts";
import { makeClient } from "../support/tls-clients.ts";
import { failure, hold, printed, printedJson } from "../support/trust.ts";

/** util-linux's `script`, which gives a program a terminal. */
const terminal = await runToEnd("script", ["--version"]).catch(() => undefined);
const hasTerminal = terminal?.stdout.includes("util-linux") === true;

/** Runs a verb at a terminal, at which somebody says yes as soon as something has happened behind the question. */
async function agreed(
  home: Home,
  verb: readonly string[],
  meanwhile: () => Promise<unknown>,
): Promise<{ readonly code: unknown; readonly text: string }> {
  const line = [process.execPath, MAIN, ...verb].map((word) => `'${word}'`).join(" ");
  const child = spawn("script", ["--quiet", "--return", "--command", line, "/dev/null"], {
    env: { ...process.env, ...home.environment },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let text = "";
  let hasAnswered = false;
  const closed = once(child, "close");
  for await (const piece of child.stdout) {
    text += String(piece);
    if (hasAnswered || !text.includes("[y/N]")) continue;
    hasAnswered = true;
    await meanwhile();
    child.stdin.end("y\n");
  }
  const [code] = await closed;
  return { code, text };
}

async function waiting(home: Home, ...names: readonly string[]): Promise<void> {
  for (const name of names) await hold(home, (await makeClient(home, name)).pem);
}

async function stateOf(home: Home, name: string): Promise<unknown> {
  const [row] = await printedJson(home, "trust", "show", name);
  return row?.["state"];
}

describe("verbs on many keys", () => {
  it("act on each, say what failed, and fail when one did", async () => {
    using home = new Home();
    await waiting(home, "anna", "ben");
    const { code, stdout, stderr } = await runHere(home, ["trust", "approve", "anna", "nobody", "ben"]);
    assert.equal(code, 1);
    assert.match(stdout, /^trusted {2}anna {2}\S+\ntrusted {2}ben {2}\S+\n$/);
    assert.match(stderr, /^failed {2}nobody {2}.*\[ERR_HANDCLASP_NOT_FOUND\]\napproved 2, failed 1\n$/);
    assert.equal(await stateOf(home, "ben"), "trusted");
  });

  it(
    "act on nothing that was not shown, at a terminal: neither on a name that a stranger comes with meanwhile",
    { skip: !hasTerminal },
    async () => {
      using home = new Home();
      await waiting(home, "anna");
      const { code, text } = await agreed(home, ["trust", "approve", "anna", "ben"], () =>
        waiting(home, "ben"),
      );
      assert.match(text, /approve these 1 keys\? \[y\/N\]/);
      assert.match(text, /failed {2}ben {2}.*\[ERR_HANDCLASP_CHANGED\]\r?\napproved 1, failed 1/);
      assert.equal(code, 1);
      assert.deepEqual([await stateOf(home, "anna"), await stateOf(home, "ben")], ["trusted", "pending"]);
    },
  );

  it("read keys from a file and from stdin, but for comments and blank lines", async () => {
    using home = new Home();
    await waiting(home, "anna", "ben", "carl");
    const file = join(home.folder, "keys");
    writeFileSync(file, "# from the fair\nanna\n\n  ben \r\n #carl");
    const approved = await runHere(home, ["trust", "approve", "--from", file]);
    assert.deepEqual([approved.code, approved.stderr], [0, "approved 2, failed 0\n"]);
    const revoked = await runHere(home, ["trust", "revoke", "--from", "-", "carl"], "anna\n");
    assert.match(revoked.stdout, /^revoked .*carl .*\nrevoked .*anna /);
    assert.equal(revoked.code, 0);
  });

  it("print each outcome as JSON", async () => {
    using home = new Home();
    await waiting(home, "anna");
    const { code, stdout } = await runHere(home, ["trust", "ignore", "anna", "nobody", "--json"]);
    assert.equal(code, 1);
    const [one, other] = JSON.parse(stdout) as readonly Record<string, unknown>[];
    assert.partialDeepStrictEqual(one, { key: "anna", ok: true, keys: [{ state: "ignored" }] });
    assert.partialDeepStrictEqual(other, {
      key: "nobody",
      ok: false,
      error: { code: "ERR_HANDCLASP_NOT_FOUND" },
    });
  });

  it("change nothing in a dry run, of one key or many", async () => {
    using home = new Home();
    await waiting(home, "anna", "ben");
    const one = await runHere(home, ["trust", "approve", "anna", "--dry-run"]);
    assert.match(one.stdout, /^trusted {2}anna/);
    assert.deepEqual([one.code, one.stderr], [0, "would be approved 1, failed 0\n"]);
    await runHere(home, ["trust", "forget", "anna", "ben", "--dry-run"]);
    assert.equal(await stateOf(home, "anna"), "pending");
    assert.equal(await stateOf(home, "ben"), "pending");
  });

  it("want a key, and one alone for what is about one", async () => {
    using home = new Home();
    await waiting(home, "anna");
    const wrong: readonly (readonly string[])[] = [
      ["approve"],
      ["approve", "anna", "ben", "--name", "carl"],
      ["revoke", "anna", "ben", "--if-version", "3"],
    ];
    for (const args of wrong) assert.equal((await runHere(home, ["trust", ...args])).code, 2, args.join(" "));
  });
});

describe("--if-version", () => {
  it("acts on the key only as it was looked at", async () => {
    using home = new Home();
    await waiting(home, "anna");
    const [row] = await printedJson(home, "trust", "list");
    const version = String(row?.["version"]);
    await printed(home, "trust", "note", "anna", "the printer in room 4");
    const { stderr } = await failure(home, "trust", "approve", "anna", "--if-version", version);
    assert.match(stderr, /\[ERR_HANDCLASP_CHANGED\]\nhint: .*handclasp trust show /);
    const [noted] = await printedJson(home, "trust", "show", "anna");
    assert.equal(noted?.["note"], "the printer in room 4");
    await printed(home, "trust", "approve", "anna", "--if-version", String(noted?.["version"]));
    assert.equal(await stateOf(home, "anna"), "trusted");
  });
});

describe("trust undo", () => {
  it("says of an event that there is none where to find those there are", async () => {
    using home = new Home();
    await waiting(home, "anna");
    const { code, stderr } = await runHere(home, ["trust", "undo", "99"]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /there is no event 99 \[ERR_HANDCLASP_NOT_FOUND\]\nhint: .*handclasp trust events\n/,
    );
  });

  it("takes back what an event says, and takes that back, too", async () => {
    using home = new Home();
    const { pem, pin } = await makeClient(home, "anna");
    await hold(home, pem);
    await printed(home, "trust", "approve", "anna");
    await printed(home, "trust", "revoke", "anna");
    assert.equal(await printed(home, "trust", "undo", "2"), `trusted  anna  ${toKeyId(pin)}\n`);
    assert.equal(await printed(home, "trust", "undo", "3"), `revoked  anna  ${toKeyId(pin)}\n`);
    const { stderr } = await failure(home, "trust", "undo", "1");
    assert.match(
      stderr,
      /^error: what event 1 did was changed since, by event 4 \(undone\) \[ERR_HANDCLASP_CHANGED\]/,
    );
    const keys = await printedJson(home, "trust", "undo", "4", "5");
    assert.deepEqual(
      keys.map(({ state }) => state),
      ["trusted", "revoked"],
    );
  });
});

describe("trust set-aside", () => {
  it("has the key wait for approval under its name", async () => {
    using home = new Home();
    const { pem, pin } = await makeClient(home, "anna");
    await hold(home, pem);
    await printed(home, "trust", "approve", "anna");
    assert.equal(await printed(home, "trust", "set-aside", "anna"), `set aside  anna  ${toKeyId(pin)}\n`);
    assert.match(await printed(home, "trust", "list"), /anna +pending .*\s+set aside: it waits for approval/);
  });
});

describe("trust note", () => {
  it("writes it down, shows it, and takes it away", async () => {
    using home = new Home();
    await waiting(home, "anna");
    await printed(home, "trust", "note", "anna", "two lines\nof text");
    assert.match(await printed(home, "trust", "show", "anna"), /note +two lines\n +note +of text\n/);
    await printed(home, "trust", "note", "anna", "");
    assert.doesNotMatch(await printed(home, "trust", "show", "anna"), / {2}note /);
  });
});
