import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import { shellQuoted } from "../../../src/cli/terminal/shell-quoted.ts";

describe("a word for a shell", () => {
  it("is as it is when nothing in it means anything there", () => {
    for (const text of ["anna", "a.example:443", "/var/lib/x-1.db", "a@b", "k=v", "100%"])
      assert.equal(shellQuoted(text), text);
  });

  it("comes out of the shell as it went in", () => {
    const texts = ["", "Anna's phone", "$(id)", "a b", "`id`", "a\nb", "~", "!x", "''", "\\", "*", "#"];
    const command = `printf '%s\\0' ${texts.map(shellQuoted).join(" ")}`;
    const out = execFileSync("sh", ["-c", command], { encoding: "utf8" });
    assert.deepEqual(out.split("\0").slice(0, -1), texts);
  });
});
