import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readableSuite } from "../../../src/tls/observer/observed-unread.ts";
import type { ServerHello } from "../../../src/tls/messages/hello/server-hello.ts";
import { readServerHello } from "./support/hellos.ts";

const EXPORT_RC4 = 0x0003;

function whyNot(over: Partial<ServerHello>, version: "TLSv1.2" | "TLSv1.3" = "TLSv1.2"): string | undefined {
  const found = readableSuite(readServerHello(version === "TLSv1.2" ? 0x0303 : 0x0304, over), version);
  if (!("state" in found)) return undefined;
  assert.equal(found.kind, "unread");
  return found.problem;
}

describe("records that are read", () => {
  it("are of the suite that the server chose", () => {
    const suite = readableSuite(readServerHello(0x0304), "TLSv1.3");
    assert.ok(!("state" in suite));
    assert.equal(suite.code, 0x1301);
    assert.equal(whyNot({}), undefined);
  });

  it("are not of another version, which is named", () => {
    assert.equal(whyNot({ version: 0x0302 }), "not decrypted: TLS 1.1");
    assert.equal(whyNot({ version: 0x0300 }), "not decrypted: SSL 3.0");
    assert.equal(whyNot({ version: 0x0304 }), "not decrypted: TLS 1.3");
    assert.equal(whyNot({ version: 0x7f1c }, "TLSv1.3"), "not decrypted: unknown version 0x7f1c");
  });

  it("are not of a suite that nobody knows, or that is another version's", () => {
    assert.equal(whyNot({ cipherSuite: EXPORT_RC4 }), "not decrypted: TLS_RSA_EXPORT_WITH_RC4_40_MD5");
    assert.equal(whyNot({ cipherSuite: 0x00fe }), "not decrypted: unknown cipher suite 0x00fe");
    assert.equal(whyNot({ cipherSuite: 0x1301 }), "not decrypted: TLS_AES_128_GCM_SHA256");
    assert.match(whyNot({ cipherSuite: 0xc02f }, "TLSv1.3") ?? "", /^not decrypted: TLS_ECDHE/);
  });

  it("are not compressed", () => {
    assert.equal(whyNot({ compressionMethod: 1 }), "compressed, not read: DEFLATE");
    assert.equal(whyNot({ compressionMethod: 64 }), "compressed, not read: LZS");
    assert.equal(whyNot({ compressionMethod: 9 }), "compressed, not read: compression method 9");
  });
});
