import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import type { HandshakeFacts } from "../../src/explain/seen/handshake-facts.ts";
import type { Sender } from "../../src/tls/records/sender.ts";
import { judgeHandshake } from "../../src/explain/judge-handshake.ts";
import { Certificates } from "./support/certificates.ts";
import { by, rulesOf, shownTo } from "./support/facts.ts";

const made = new Certificates();
after(() => made[Symbol.dispose]());

const root = made.make("root");
const here = made.make("here", { issuer: "root", extensions: "subjectAltName=DNS:*.example" });
const old = made.make("old", { issuer: "root", from: "20200101000000Z", until: "20210101000000Z" });
const self = made.make("self");
const shown = shownTo(root, here);

/** What is made of it where the server is one of handclasp. */
function meant(code: number, seen: Partial<HandshakeFacts> = {}): readonly string[] {
  const handclasp = new Set<Sender>(["server"]);
  return rulesOf(judgeHandshake(shown([self], { handclasp, ...by("server", code), ...seen })));
}

describe("what is made of an alert where handclasp speaks", () => {
  it("gives handclasp's own advice only where handclasp speaks, and last", () => {
    const acts = (sides: readonly Sender[]): readonly string[] =>
      judgeHandshake(shown([old], { handclasp: new Set(sides), ...by("server", 45) })).flatMap(
        ({ remedies }) => remedies.map(({ act }) => act),
      );
    assert.deepEqual(acts([]), ["renew-certificate", "compare-clocks"]);
    assert.deepEqual(acts(["client"]), ["renew-certificate", "compare-clocks", "renew-identity"]);
    const unknown = shown([self], { handclasp: new Set<Sender>(["server"]), ...by("server", 46) });
    assert.deepEqual(rulesOf(judgeHandshake(unknown)), ["key-changed possible", "name-changed possible"]);
  });

  it("says what servers of handclasp mean by an alert, behind the handshake alone", () => {
    assert.deepEqual(meant(44), ["revoked possible", "retired possible"]);
    assert.deepEqual(meant(48), ["unknown likely"]);
    assert.deepEqual(meant(80), ["store-unavailable likely"]);
    const early = { serverHello: undefined, chains: {} };
    assert.ok(!meant(80, early).join().includes("store-unavailable"));
    assert.deepEqual(meant(48, { handclasp: new Set() }), ["self-signed certain"]);
  });

  it("says it as one of several to a client of handclasp that knows not whose server it is", () => {
    const facts = shown([old], { handclasp: new Set<Sender>(["client"]), ...by("server", 46) });
    assert.deepEqual(rulesOf(judgeHandshake(facts)), [
      "certificate-expired likely",
      "key-changed possible",
      "name-changed possible",
    ]);
  });
});
