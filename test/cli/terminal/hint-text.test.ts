import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hintText } from "../../../src/cli/terminal/hint-text.ts";
import { HandclaspError, type HandclaspErrorOptions } from "../../../src/errors.ts";

function said(options: HandclaspErrorOptions): string | undefined {
  return hintText(new HandclaspError("ERR_HANDCLASP_CONFLICT", "no", options));
}

describe("hintText", () => {
  it("says a hint as it is where nothing can be done by command, and nothing of what is not ours", () => {
    assert.equal(said({ hint: "look at the path" }), "look at the path");
    assert.equal(said({}), undefined);
    assert.equal(hintText(new Error("no")), undefined);
  });

  it("writes each remedy as a command behind the hint", () => {
    const remedies = [{ act: "show-key", at: "server", key: "AAAA" }] as const;
    assert.equal(said({ remedies }), "handclasp trust show AAAA");
    assert.equal(said({ hint: "look again", remedies }), "look again: handclasp trust show AAAA");
  });

  it("says nothing twice that the hint says already", () => {
    const remedies = [{ act: "try-again-later", at: "client" }] as const;
    assert.equal(said({ remedies }), "try again later");
    assert.equal(
      said({ hint: "try again later, by the same key", remedies }),
      "try again later, by the same key",
    );
  });

  it("repeats no command of which another flag is all that differs", () => {
    const remedy = { act: "approve-key", at: "server", key: "AAAA" } as const;
    const remedies = [
      { ...remedy, options: { replace: true } },
      { ...remedy, options: { name: "NAME" } },
    ] as const;
    assert.equal(
      said({ hint: "decide", remedies }),
      "decide: handclasp trust approve AAAA --replace; or --name NAME",
    );
    const told = remedies.map((each, at) => ({ ...each, when: `if ${at}` }));
    assert.equal(
      said({ hint: "decide", remedies: told }),
      "decide; if 0: handclasp trust approve AAAA --replace; if 1: handclasp trust approve AAAA --name NAME",
    );
  });

  it("quotes for the shell what a command is given", () => {
    const remedies = [
      { act: "forget-key", at: "client", options: { store: "sqlite:/a b/it's.db" } },
    ] as const;
    assert.equal(said({ remedies }), "handclasp trust forget KEY --store 'sqlite:/a b/it'\\''s.db'");
  });
});
