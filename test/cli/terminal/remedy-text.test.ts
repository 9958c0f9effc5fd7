import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { remediesText } from "../../../src/cli/terminal/remedy-text.ts";
import { flat } from "../../../src/cli/terminal/prose.ts";
import type { Remedy } from "../../../src/remedy.ts";

function said(...remedies: readonly Remedy[]): string {
  return flat(remediesText(remedies));
}

describe("remediesText", () => {
  it("names the command for a key, and a place for it where there is none", () => {
    assert.equal(said({ act: "approve-key", at: "server", key: "ABC" }), "handclasp trust approve ABC");
    assert.equal(said({ act: "forget-key", at: "server" }), "handclasp trust forget KEY");
  });

  it("writes flags behind it: such as stand alone, such with values, and those that the reader has to know", () => {
    const options = { add: true, store: "sqlite:/a b.db" } as const;
    assert.equal(
      said({ act: "approve-key", at: "client", key: "ABC", options }),
      "handclasp trust approve ABC --add --store 'sqlite:/a b.db'",
    );
    const from = { from: "192.0.2.0/24" };
    assert.equal(
      said({ act: "approve-key", at: "server", key: "ABC", options: from }),
      "handclasp trust approve ABC --from CIDR",
    );
  });

  it("says of the same command with other flags only those", () => {
    const act = { act: "approve-key", at: "server", key: "ABC" } as const;
    assert.equal(
      said({ ...act, options: { replace: true } }, { ...act, options: { add: true } }),
      "handclasp trust approve ABC --replace; or --add",
    );
    assert.match(
      said({ ...act, options: { replace: true } }, { ...act, key: "DEF", options: { add: true } }),
      /; handclasp trust approve DEF --add$/,
    );
    assert.match(
      said(
        { ...act, options: { replace: true } },
        { ...act, when: "if it is yours", options: { add: true } },
      ),
      /; if it is yours: handclasp trust approve ABC --add$/,
    );
  });

  it("says what is known of an issuer and of a certificate to be made, and leaves out what is not", () => {
    assert.match(
      said({ act: "send-intermediate", at: "client", options: { issuer: "Our CA" } }),
      /certificate of "Our CA" behind/,
    );
    assert.match(said({ act: "send-intermediate", at: "client" }), /certificate of "its issuer" behind/);
    assert.equal(
      said({ act: "reissue-certificate", at: "server" }),
      "have another certificate made for the server",
    );
    assert.equal(
      said({ act: "reissue-certificate", at: "server", options: { purpose: "clientAuth" } }),
      "have another certificate made for the server, for clientAuth",
    );
  });
});
