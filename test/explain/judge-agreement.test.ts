import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HandshakeFacts } from "../../src/explain/seen/handshake-facts.ts";
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

  it("thinks of the version, too, where the client's newest is below TLS 1.3", () => {
    const rules = refused(40, { clientHello: helloOf({ supportedVersions: [0x0303] }) });
    assert.deepEqual(rules.slice(0, 3), [
      "no-common-suite possible",
      "no-common-group possible",
      "no-common-signature-algorithm possible",
    ]);
    assert.ok(rules.includes("no-common-version possible"), rules.join());
  });

  it("takes unexpected_message (10) to a whole ClientHello for nothing in common, or for what it says", () => {
    const rules = refused(10, { clientHello: helloOf({ supportedGroups: [29] }) });
    assert.equal(rules[0], "no-common-group possible");
    assert.equal(rules.at(-1), "protocol-error possible");
    assert.deepEqual(refused(10, { serverHello: chosen() }), ["protocol-error likely"]);
  });

  it("says that a server which agreed, and then showed no certificate, has none for this client", () => {
    const last = { by: "server", name: "encrypted_extensions" } as const;
    const after = { serverHello: chosen(), last };
    const narrow = helloOf({ signatureAlgorithms: [0x0804] });
    assert.deepEqual(refused(40, { ...after, clientHello: narrow }), [
      "no-common-signature-algorithm likely",
      "unknown-server-name possible",
    ]);
    const sealed = { isUndecryptable: true, sealedAlert: "server", isSealedAlertInFlight: true } as const;
    assert.deepEqual(refused(0, { ...after, ...sealed, alert: undefined, clientHello: narrow }), [
      "no-common-signature-algorithm possible",
      "unknown-server-name possible",
    ]);
  });

  it("sees it when the server chooses what was not offered", () => {
    assert.deepEqual(chose({ version: 0x0301 }), ["no-common-version certain"]);
    assert.deepEqual(chose({ cipherSuite: 0x1304 }), ["no-common-suite certain"]);
    assert.deepEqual(chose({ keyShare: { group: 25, keyExchange: new Uint8Array(1) } }), [
      "no-common-group certain",
    ]);
  });
});
