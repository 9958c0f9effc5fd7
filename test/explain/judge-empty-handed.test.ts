import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import type { HandshakeFacts } from "../../src/explain/seen/handshake-facts.ts";
import type { Sender } from "../../src/tls/records/sender.ts";
import { judgeHandshake } from "../../src/explain/judge-handshake.ts";
import { Certificates } from "./support/certificates.ts";
import { asking, by, HTTP_400, rulesOf, shownTo } from "./support/facts.ts";

const made = new Certificates();
after(() => made[Symbol.dispose]());

const root = made.make("root");
const good = made.make("good", { issuer: "root" });
const here = made.make("here", { issuer: "root", extensions: "subjectAltName=DNS:*.example" });
const shown = shownTo(root, here);

/** What is made of the chain behind an alert of the server. */
function refusedBy(
  code: number,
  chain: readonly Uint8Array[],
  seen: Partial<HandshakeFacts> = {},
): readonly string[] {
  return rulesOf(judgeHandshake(shown(chain, { ...by("server", code), ...seen })));
}

describe("what is made of a client that shows no certificate", () => {
  it("tells a client that has no certificate from one that may have kept it back", () => {
    const open = { certificateRequest: asking() };
    for (const code of [116, 40, 42])
      assert.deepEqual(rulesOf(judgeHandshake(shown([], { ...open, ...by("server", code) }))), [
        "no-certificate likely",
      ]);
    assert.deepEqual(rulesOf(judgeHandshake(shown([], by("server", 116)))), [
      "no-certificate possible",
      "certificate-withheld possible",
    ]);
    const said = {
      server: Buffer.from(
        HTTP_400.replace("The SSL certificate error", "No required SSL certificate was sent"),
      ),
    };
    assert.deepEqual(rulesOf(judgeHandshake(shown([], { said, isDone: true }))), [
      "no-certificate possible",
      "certificate-withheld possible",
    ]);
    assert.deepEqual(rulesOf(judgeHandshake(shown([], { ownCertificate: good, ...by("server", 116) }))), [
      "certificate-withheld certain",
    ]);
  });

  it("takes decode_error (50) behind an empty Certificate for a server that cannot read one", () => {
    assert.deepEqual(refusedBy(50, []), [
      "no-certificate possible",
      "certificate-withheld possible",
      "protocol-error possible",
    ]);
    assert.deepEqual(refusedBy(50, [good]), ["protocol-error likely"]);
    assert.deepEqual(refusedBy(50, [], { finished: new Set<Sender>(["server"]) }), ["protocol-error likely"]);
  });
});
