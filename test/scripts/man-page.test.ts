import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Command } from "commander";
import { manPage } from "../../scripts/man-page.ts";
import { dataFolder } from "../../src/data-folder.ts";
import { commandTree } from "../../src/cli/verbs.ts";
import { leavesOf } from "../cli/support/leaves.ts";

describe("the manual page", () => {
  it("has every verb with its options, and is no part of this machine", async () => {
    const tree = await commandTree();
    const page = manPage(tree, "1.2.3").replaceAll("\\-", "-");
    assert.match(page, /^\.TH HANDCLASP 1 "" "handclasp 1\.2\.3" "User Commands"\n\.SH NAME\nhandclasp - /);
    const sections = page.split("\n.SS ");
    for (const { path, command } of leavesOf(tree)) {
      const section = sections.find((each) => each.startsWith(`"handclasp ${path.join(" ")}`));
      for (const { long, hidden } of command.options)
        if (!hidden) assert.ok(section?.includes(long ?? ""), `${path.join(" ")} ${long}`);
    }
    assert.match(page, /^\.B "HANDCLASP_STORE"\nstands for --store/m);
    assert.ok(!page.includes(dataFolder()));
  });

  it("shows what its language would take for its own", () => {
    const program = new Command("x").description('.SH \\fB "it"\n\'quoted');
    program.command("y").description(".dot").option("--z <a>", "'tick\\n");
    const page = manPage(program, "1");
    assert.match(page, /^x \\- \\&\.SH \\efB "it"\n\\&'quoted$/m);
    assert.match(page, /^\\&\.dot$/m);
    assert.match(page, /^\.B "\\-\\-z <a>"\n\\&'tick\\en$/m);
  });
});
