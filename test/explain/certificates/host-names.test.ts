import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isForHost } from "../../../src/explain/certificates/host-names.ts";
import type { ShownCertificate } from "../../../src/explain/certificates/shown-certificate.ts";

function isFor(dnsNames: readonly string[], host: string, ipAddresses: readonly Uint8Array[] = []): boolean {
  return isForHost(
    { dnsNames, ipAddresses, subject: new Uint8Array(0) } as unknown as ShownCertificate,
    host,
  );
}

describe("whether a certificate is for a host", () => {
  it("goes by whole names, whatever their case and with the root's dot or without", () => {
    assert.ok(isFor(["here.example"], "HERE.example."));
    assert.ok(!isFor(["here.example"], "a.here.example"));
    assert.ok(!isFor(["here.example"], "there.example"));
    assert.ok(!isFor([], "here.example"));
  });

  it("takes * for one whole label, the leftmost of at least three", () => {
    assert.ok(isFor(["*.here.example"], "a.here.example"));
    for (const host of ["here.example", "a.b.here.example", ".here.example"]) {
      assert.ok(!isFor(["*.here.example"], host), host);
    }
    assert.ok(!isFor(["*.example"], "here.example"));
    assert.ok(!isFor(["a*.here.example"], "ab.here.example"));
    assert.ok(!isFor(["*"], "here"));
  });

  it("goes by addresses alone for an address", () => {
    assert.ok(isFor([], "192.0.2.1", [Uint8Array.of(192, 0, 2, 1)]));
    assert.ok(!isFor(["192.0.2.1"], "192.0.2.1"));
    assert.ok(!isFor([], "192.0.2.2", [Uint8Array.of(192, 0, 2, 1)]));
  });
});
