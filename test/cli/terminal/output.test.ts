import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { ERROR_CODES } from "../../../src/errors.ts";
import { commandTree } from "../../../src/cli/verbs.ts";
import { type Leaf, leavesOf } from "../support/leaves.ts";
import { type Ran, runMany } from "../support/run-many.ts";
import { Home } from "../support/serve.ts";

const LEAVES = leavesOf(await commandTree());

/** The one line there is. */
function errorIn({ args, stderr }: Ran): { code: string; message: string; hint: string | null } {
  const what = `${args.join(" ")}: ${stderr}`;
  assert.ok(stderr.endsWith("\n") && stderr.indexOf("\n") === stderr.length - 1, what);
  const { error, ...rest } = JSON.parse(stderr) as { error: Record<string, unknown> };
  assert.deepEqual([Object.keys(rest), Object.keys(error)], [[], ["code", "message", "hint"]], what);
  const { code, message, hint } = error;
  assert.ok(typeof code === "string" && code in ERROR_CODES, what);
  assert.ok(typeof message === "string" && message !== "" && !message.startsWith("error:"), what);
  assert.ok(hint === null || (typeof hint === "string" && hint !== ""), what);
  return { code, message, hint };
}

function has({ command }: Leaf, ...options: readonly string[]): boolean {
  return options.every((option) => command.options.some(({ long }) => long === option));
}

describe("errors under --json", () => {
  it("are one line of JSON with exit code 2 when a verb is used wrongly: every verb", async () => {
    using home = new Home();
    const wrong = LEAVES.map(({ path }) => [...path, "--no-such-option", "--json"]);
    const unknown = [
      ["nosuch", "--json"],
      ["trust", "--json"],
      ["--json"],
      ["trust", "nosuch", "--help", "--json"],
    ];
    for (const ran of await runMany(home, [...wrong, ...unknown])) {
      assert.equal(ran.code, 2, ran.args.join(" "));
      assert.equal(errorIn(ran).code, "ERR_HANDCLASP_USAGE");
      assert.equal(ran.stdout, "");
    }
  });

  it("have the hint by itself", async () => {
    using home = new Home();
    const [duration, verb] = await runMany(home, [
      ["token", "create", "anna", "--expires", "0s", "--json"],
      ["--json", "trust"],
    ]);
    assert.ok(duration && verb);
    const { message, hint } = errorIn(duration);
    assert.doesNotMatch(message, /\n|hint/);
    assert.match(hint ?? "", /^a whole number and s, m, h, d or w: .*at most 90d/);
    assert.equal(errorIn(verb).code, "ERR_HANDCLASP_USAGE");
  });

  it("are one line of JSON when a verb fails: every verb with a store that cannot be opened", async () => {
    using home = new Home();
    const file = home.path("no-store");
    writeFileSync(file, "no store at all");
    const failing = LEAVES.filter((leaf) => has(leaf, "--store", "--json")).map(({ path, command }) => [
      ...path,
      ...command.registeredArguments.filter(({ required }) => required).map(() => home.path("x")),
      "--store",
      file,
      "--json",
    ]);
    assert.ok(failing.length > 20);
    const ran = await runMany(home, failing);
    for (const each of ran.filter(({ stdout }) => stdout === "")) {
      assert.ok(each.code > 0, each.args.join(" "));
      errorIn(each);
    }
    const [list] = ran.filter(({ args }) => args.slice(0, 2).join(" ") === "trust list");
    assert.ok(list);
    assert.equal(list.code, 1);
    assert.equal(errorIn(list).code, "ERR_HANDCLASP_STORE_CORRUPT");
  });

  it("are one line each where there are several", async () => {
    using home = new Home();
    for (const name of ["a.pem", "b.pem"]) writeFileSync(home.path(name), "no certificate");
    const { code, stderr } = await home.run(["trust", "import", home.folder, "--json"]);
    assert.equal(code, 1);
    const codes = stderr
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { error: { code: string } }).error.code);
    assert.deepEqual(codes, Array(2).fill("ERR_HANDCLASP_CERTIFICATE_MALFORMED"));
  });

  it("are for people without it, and behind --", async () => {
    using home = new Home();
    const ran = await runMany(home, [
      ["trust", "show", "nobody"],
      ["trust", "show", "--", "--json"],
    ]);
    for (const { code, stderr } of ran) {
      assert.equal(code, 1);
      assert.match(stderr, /^error: /);
    }
  });
});
