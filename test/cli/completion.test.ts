import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import type { Command } from "commander";
import { complete } from "../../src/cli/completion/complete.ts";
import { commandTree } from "../../src/cli/verbs.ts";
import { Home, MAIN, runToEnd } from "./support/serve.ts";

const TREE = await commandTree();

function textsOf(...words: readonly string[]): readonly string[] {
  return complete(TREE, words).map(({ text }) => text);
}

function walk(
  command: Command,
  path: readonly string[],
  visit: (command: Command, path: readonly string[]) => void,
): void {
  visit(command, path);
  for (const inner of command.commands) walk(inner, [...path, inner.name()], visit);
}

describe("complete", () => {
  it("knows every verb, every option and every value that an option can have", () => {
    let options = 0;
    walk(TREE, [], (command, path) => {
      const inner = command.commands.map((each) => each.name());
      if (inner.length > 0) assert.deepEqual(textsOf(...path, ""), [...inner, "help"], path.join(" "));
      for (const { long, argChoices, required, hidden } of command.options) {
        if (long === undefined || long === null || hidden) continue;
        options += 1;
        assert.ok(textsOf(...path, long).includes(long), `${path.join(" ")} ${long}`);
        if (argChoices === undefined) continue;
        const joined = argChoices.map((value) => `${long}=${value}`);
        assert.deepEqual(textsOf(...path, `${long}=`), joined);
        if (required) assert.deepEqual(textsOf(...path, long, ""), argChoices);
      }
    });
    assert.ok(options > 100);
  });

  it("takes the value of an option for no verb, and goes on behind it", () => {
    assert.deepEqual(textsOf("trust", "list", "--store", "help", "--stat"), ["--state"]);
    assert.deepEqual(textsOf("trust", "--store", ""), textsOf("trust", ""));
    assert.deepEqual(textsOf("serve", "--first-use", "=", "r"), ["refuse"]);
    assert.deepEqual(textsOf("serve", "--first-use", "="), ["accept", "ask", "refuse"]);
  });

  it("completes the reasons for refusals and the types of events", () => {
    assert.deepEqual(textsOf("refusals", "--reason", "path"), ["path-not-allowed"]);
    assert.deepEqual(textsOf("trust", "events", "--type", "und"), ["undone"]);
  });

  it("completes what help is asked for, and the shells", () => {
    assert.deepEqual(textsOf("help", "trust", "appr"), ["approve"]);
    assert.deepEqual(textsOf("completion", ""), ["bash", "zsh", "fish"]);
  });

  it("knows nothing of keys and files, and of what is no verb", () => {
    assert.deepEqual(textsOf("trust", "show", ""), []);
    assert.deepEqual(textsOf("nosuch"), []);
    assert.deepEqual(complete(TREE, []), complete(TREE, [""]));
  });
});

describe("completion", () => {
  it("lets bash complete a command line", async () => {
    using home = new Home();
    const program = home.path("handclasp");
    writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`);
    chmodSync(program, 0o755);
    const script = `
      set -eu
      source <(handclasp completion bash)
      ask() {
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
        "$(complete -p handclasp | sed 's/.*-F \\([^ ]*\\).*/\\1/')" "$1" "\${!#}" ""
        echo "\${COMPREPLY[@]-}"
      }
      ask handclasp trust appr
      ask handclasp trust list --state = p
      ask handclasp help audi
      ask '${program}' completion ""
    `;
    const environment = { ...home.environment, PATH: `${home.folder}:${process.env["PATH"]}` };
    const { code, stdout, stderr } = await runToEnd("bash", ["--norc", "-c", script], { environment });
    assert.deepEqual(
      [code, stderr, stdout.split("\n")],
      [0, "", ["approve", "pending", "", "bash zsh fish", ""]],
    );
  });

  it("describes what it finds to zsh and fish", async () => {
    using home = new Home();
    const { stdout: zsh } = await home.run(["completion", "zsh", "--", "trust", "appr"]);
    assert.match(zsh, /^approve:trust a key, .*\n$/);
    const { stdout: fish } = await home.run(["completion", "fish", "--", "trust", "appr"]);
    assert.match(fish, /^approve\ttrust a key, .*\n$/);
    assert.match((await home.run(["completion", "zsh"])).stdout, /^compdef _handclasp handclasp$/m);
    assert.equal((await home.run(["completion", "csh"])).code, 2);
  });
});
