import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import type { HandshakeFacts } from "../../src/explain/seen/handshake-facts.ts";
import type { Sender } from "../../src/tls/records/sender.ts";
import { judgeHandshake } from "../../src/explain/judge-handshake.ts";
import { Certificates } from "./support/certificates.ts";
import { by, chosen, factsOf, helloOf, rulesOf } from "./support/facts.ts";

const made = new Certificates();
after(() => made[Symbol.dispose]());

const root = made.make("root");
const here = made.make("here", { issuer: "root", extensions: "subjectAltName=DNS:*.example" });
const named = made.make("named", { issuer: "root", extensions: "subjectAltName=DNS:here.example" });
const there = made.make("there", { issuer: "root", extensions: "subjectAltName=DNS:there.example" });
const old = made.make("old", { issuer: "root", from: "20200101000000Z", until: "20210101000000Z" });
const self = made.make("self");

/** What a client that was shown this chain makes of it. */
function refusedChain(
  chain: readonly Uint8Array[],
  code: number,
  seen: Partial<HandshakeFacts> = {},
): readonly string[] {
  return rulesOf(
    judgeHandshake(
      factsOf({
        clientHello: helloOf(),
        serverHello: chosen(),
        chains: { server: chain },
        ...by("client", code),
        ...seen,
      }),
    ),
  );
}

describe("judgeHandshake, of what a server showed", () => {
  it("finds what is wrong with it behind any alert", () => {
    for (const code of [45, 42, 46])
      assert.match(refusedChain([old], code).join(), /^server-certificate-expired/);
    for (const code of [42, 46])
      assert.match(refusedChain([there], code).join(), /^server-name-mismatch likely$/);
    assert.deepEqual(refusedChain([here], 48), [
      "server-missing-intermediate possible",
      "server-unknown-ca possible",
    ]);
    assert.deepEqual(
      refusedChain([here, root], 48),
      ["server-missing-intermediate possible", "server-unknown-ca possible"]
        .slice(1)
        .map((rule) => rule.replace("possible", "likely")),
    );
    assert.deepEqual(refusedChain([self], 48), ["server-self-signed certain"]);
  });

  it("looks at the name when a client leaves without a word after the handshake", () => {
    const finished = new Set<Sender>(["client", "server"]);
    const left = { alert: undefined, finished, isDone: true, end: { by: "client", how: "closed" } as const };
    assert.deepEqual(refusedChain([there], 0, left), ["server-name-mismatch likely"]);
    const sealed = { ...left, isDone: false, isUndecryptable: true };
    assert.deepEqual(refusedChain([there], 0, sealed), [
      "server-name-mismatch possible",
      "not-explained possible",
    ]);
    assert.deepEqual(refusedChain([there], 0, { ...left, spoke: new Set<Sender>(["client"]) }), []);
    const answered = { ...left, spoke: new Set<Sender>(["server"]), leftUnspoken: true };
    assert.deepEqual(refusedChain([there], 0, answered), ["server-name-mismatch likely"]);
    assert.deepEqual(refusedChain([named], 0, answered), []);
  });

  it("says that a client may have minded the name when it left at once and the certificate is sealed", () => {
    const sealed = { isUndecryptable: true, leftUnspoken: true, isDone: true };
    const facts = factsOf({ clientHello: helloOf(), serverHello: chosen(), ...sealed });
    assert.deepEqual(rulesOf(judgeHandshake(facts)), [
      "server-name-mismatch possible",
      "not-explained possible",
    ]);
  });

  it("judges it behind access_denied (49), too", () => {
    assert.deepEqual(refusedChain([there], 49), [
      "server-name-mismatch likely",
      "server-certificate-refused possible",
    ]);
    assert.deepEqual(refusedChain([named, root], 49), ["server-certificate-refused likely"]);
  });
});
