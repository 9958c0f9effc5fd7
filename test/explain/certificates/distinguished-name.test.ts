import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nameText } from "../../../src/explain/certificates/distinguished-name.ts";
import { TAG } from "../../../src/x509/der/der.ts";
import { encodeDer } from "../../../src/x509/der/encode-der.ts";

const COMMON_NAME = Uint8Array.of(0x55, 0x04, 0x03);
const UTF8_STRING = 0x0c;

function nameOf(...values: readonly string[]): Uint8Array {
  const rdns = values.map((value) => {
    const attribute = [encodeDer(TAG.OID, COMMON_NAME), encodeDer(UTF8_STRING, Buffer.from(value))];
    return encodeDer(TAG.SET, encodeDer(TAG.SEQUENCE, Buffer.concat(attribute)));
  });
  return encodeDer(TAG.SEQUENCE, Buffer.concat(rdns));
}

describe("a distinguished name in words", () => {
  it("is one line without anything that a terminal would obey", () => {
    assert.equal(nameText(nameOf("anna", "\u001b[31m\n\u202e")), "CN=anna, CN=\\u{1b}[31m\\u{a}\\u{202e}");
  });

  it("is short, however much there is in the certificate", () => {
    assert.match(nameText(nameOf(...Array<string>(5000).fill("x"))), /^(?:CN=x, ){12}…$/);
    assert.ok(nameText(nameOf(...Array<string>(50).fill("x".repeat(5000)))).length < 4000);
  });
});
