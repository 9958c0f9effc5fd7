import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { judgeHandshake } from "../../src/explain/judge-handshake.ts";
import type { HandshakeFacts } from "../../src/explain/seen/handshake-facts.ts";
import type { Sender } from "../../src/tls/records/sender.ts";
import { asking, by, chosen, factsOf, helloOf, rulesOf } from "./support/facts.ts";

function judged(
  code: number,
  seen: Partial<HandshakeFacts> = {},
  sender: Sender = "server",
): readonly string[] {
  return rulesOf(
    judgeHandshake(factsOf({ clientHello: helloOf(), serverHello: chosen(), ...by(sender, code), ...seen })),
  );
}

describe("judgeHandshake", () => {
  it("says what an alert about the protocol itself means, and names nothing where it means nothing", () => {
    const meanings = { 51: "signature-invalid", 20: "protocol-error", 80: "server-failed", 90: "cancelled" };
    for (const [code, rule] of Object.entries(meanings)) {
      assert.deepEqual(judged(Number(code)), [`${rule} likely`], code);
    }
    assert.deepEqual(judged(200), ["not-explained possible"]);
    const [explanation] = judgeHandshake(factsOf({ clientHello: helloOf(), ...by("client", 51) }));
    assert.match(
      explanation?.evidence.join(" ") ?? "",
      /alert decrypt_error \(51\)\. .* Finished of the server/,
    );
    assert.equal(explanation?.remedies[0]?.at, "client");
  });

  it("lets nobody mind a certificate that was neither asked for nor shown", () => {
    assert.deepEqual(judged(42), ["not-explained possible"]);
    assert.deepEqual(judged(42, {}, "client"), ["not-explained possible"]);
    assert.notDeepEqual(judged(42, { certificateRequest: asking() }), ["not-explained possible"]);
    assert.notDeepEqual(judged(42, { isUndecryptable: true }), ["not-explained possible"]);
  });

  it("says of a capture that begins after the handshake just that, whatever ended it", () => {
    const facts = factsOf({ isHeadless: true, ...by("server", 46) });
    assert.deepEqual(rulesOf(judgeHandshake(facts)), ["capture-incomplete certain"]);
  });

  it("goes by what was spoken instead of TLS before an alert, and by an alert before what came of it", () => {
    const spoken = { client: Buffer.from("GET / HTTP/1.1") };
    const plain = factsOf({ firstBytes: spoken, ...by("server", 80) });
    assert.deepEqual(rulesOf(judgeHandshake(plain)), ["plain-http-client certain"]);
    const said = { server: Buffer.from("HTTP/1.1 421 \r\n\r\n") };
    assert.deepEqual(judged(80, { said }), ["server-failed likely"]);
  });
});
