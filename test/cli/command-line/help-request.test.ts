import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Command } from "commander";
import { commandTree } from "../../../src/cli/verbs.ts";
import { runMany } from "../support/run-many.ts";
import { Home } from "../support/serve.ts";

/** Every command below one, with what leads to it. */
function below(
  command: Command,
  path: readonly string[] = [],
): readonly (readonly [Command, readonly string[]])[] {
  return command.commands.flatMap((inner) => {
    const at = [...path, inner.name()];
    return [[inner, at] as const, ...below(inner, at)];
  });
}

describe("help", () => {
  it("describes every verb in a line", async () => {
    for (const [command, path] of below(await commandTree())) {
      assert.match(command.description(), /^\S[^\n]+[^.\n]$/, path.join(" "));
    }
  });

  it("is the same by whichever words it is asked for, and lists sub-verbs", async () => {
    using home = new Home();
    for (const [path, expected] of [
      [["trust"], /^ {2}approve \[options\] \[keys\.\.\.\] +trust a key/m],
      [["trust", "approve"], /^Usage: handclasp trust approve .*--name/s],
      [["trust", "audit"], /^ {2}verify \[options\] +\S/m],
      [["trust", "audit", "verify"], /^Usage: handclasp trust audit verify/],
      [["doctor"], /^Usage: handclasp doctor/],
    ] as const) {
      const asked = [
        [...path, "--help"],
        ["help", ...path],
        ...(path.length > 1 ? [[path[0] ?? "", "help", ...path.slice(1)]] : []),
      ];
      const [first, ...others] = await runMany(home, asked);
      assert.ok(first);
      assert.match(first.stdout, expected);
      assert.deepEqual([first.code, first.stderr], [0, ""]);
      for (const other of others) assert.deepEqual({ ...other, args: first.args }, first);
    }
  });

  it("says of a verb that there is none", async () => {
    using home = new Home();
    const asked = [["help", "nosuch"], ["nosuch", "--help"], ["help", "trust", "nosuch"], ["nosuch"]];
    for (const { args, code, stdout, stderr } of await runMany(home, asked)) {
      assert.deepEqual({ code, stdout }, { code: 2, stdout: "" }, args.join(" "));
      assert.match(stderr, /^error: unknown command 'nosuch'/);
    }
  });
});
