import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import type { HandshakeFacts } from "../../src/explain/seen/handshake-facts.ts";
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

describe("what is made of the certificates that a server showed", () => {
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

  it("judges it behind access_denied (49), too", () => {
    assert.deepEqual(refusedChain([there], 49), [
      "server-name-mismatch likely",
      "server-certificate-refused possible",
    ]);
    assert.deepEqual(refusedChain([named, root], 49), ["server-certificate-refused likely"]);
  });
});
