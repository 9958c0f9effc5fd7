import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HandshakeFacts } from "../../src/explain/handshake-facts.ts";
import { judgeHandshake } from "../../src/explain/judge-handshake.ts";
import { by, chosen, factsOf, helloOf, rulesOf } from "./support/facts.ts";

function refused(code: number, seen: Partial<HandshakeFacts>): readonly string[] {
  return rulesOf(judgeHandshake(factsOf({ clientHello: helloOf(), ...by("server", code), ...seen })));
}

function chose(choice: Parameters<typeof chosen>[0]): readonly string[] {
  return refused(47, { serverHello: chosen(choice), ...by("client", 47) });
}

describe("judgeHandshake, of what both had to agree on", () => {
  it("names what the alert names", () => {
    assert.deepEqual(refused(70, {}), ["no-common-version certain"]);
    assert.deepEqual(refused(120, { clientHello: helloOf({ alpnProtocols: ["smtp"] }) }), [
      "no-common-alpn certain",
    ]);
    assert.deepEqual(refused(112, {}), ["unknown-server-name certain"]);
  });

  it("puts first of what the client offers less than others do, and else one of several", () => {
    assert.match(
      refused(40, { clientHello: helloOf({ cipherSuites: [0x002f] }) })[0] ?? "",
      /no-common-suite likely/,
    );
    assert.match(
      refused(40, { clientHello: helloOf({ supportedGroups: [24] }) })[0] ?? "",
      /no-common-group likely/,
    );
    assert.match(
      refused(40, { clientHello: helloOf({ signatureAlgorithms: [0x0807] }) })[0] ?? "",
      /no-common-signature-algorithm likely/,
    );
    assert.deepEqual(refused(40, {}), [
      "no-common-suite possible",
      "no-common-group possible",
      "no-common-signature-algorithm possible",
      "unknown-server-name possible",
    ]);
    assert.match(refused(80, {})[0] ?? "", /unknown-server-name possible/);
  });

  it("sees it when the server chooses what was not offered", () => {
    assert.deepEqual(chose({ version: 0x0301 }), ["no-common-version certain"]);
    assert.deepEqual(chose({ cipherSuite: 0x1304 }), ["no-common-suite certain"]);
    assert.deepEqual(chose({ keyShare: { group: 25, keyExchange: new Uint8Array(1) } }), [
      "no-common-group certain",
    ]);
  });
});
