import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  alternativeNames,
  encodeName,
  identityExtensions,
  keyIdentifier,
} from "../../../src/x509/parts/identity-content.ts";
import { JOIN_PROOF } from "../../../src/x509/parts/private-extensions.ts";
import { subjectOf, utf8String } from "../support/der-writer.ts";

const EMAIL = 0x81;
const DNS = 0x82;
const URI = 0x86;
const HASH = Uint8Array.from({ length: 32 }, (_, at) => at);

function kindsOf(name: string, dnsNames: readonly string[] = []): readonly (readonly [number, string])[] {
  return alternativeNames(name, dnsNames).map((bytes) => [
    bytes[0] ?? 0,
    Buffer.from(bytes.subarray(2)).toString(),
  ]);
}

describe("the alternative names of an identity", () => {
  it("are what the name looks like: a URI, an e-mail address or a DNS name", () => {
    assert.deepEqual(kindsOf("spiffe://example.org/anna"), [[URI, "spiffe://example.org/anna"]]);
    assert.deepEqual(kindsOf("anna@example.org"), [[EMAIL, "anna@example.org"]]);
    assert.deepEqual(kindsOf("anna.example.org"), [[DNS, "anna.example.org"]]);
    assert.deepEqual(kindsOf("anna"), [[DNS, "anna"]]);
  });

  it("are none for plain text, an address, and what is too long for DNS", () => {
    for (const name of ["Anna's phone", "änna", "10.0.0.1", "-a", "a-", "a..b", "a".repeat(64), "a@b@c"])
      assert.deepEqual(kindsOf(name), [], name);
  });

  it("have further DNS names behind the claimed one, which is there once", () => {
    assert.deepEqual(kindsOf("a.example", ["b.example", "a.example"]), [
      [DNS, "a.example"],
      [DNS, "b.example"],
    ]);
  });

  it("have none beside what would not be claimed any more, and none that is no DNS name", () => {
    for (const [name, dnsNames] of [
      ["Anna's phone", ["a.example"]],
      ["anna@example.org", ["a.example"]],
      ["a.example", ["10.0.0.1"]],
      ["a.example", ["*.example"]],
    ] as const)
      assert.throws(() => alternativeNames(name, dnsNames), { code: "ERR_HANDCLASP_OPTION" }, name);
  });
});

describe("the content of an identity", () => {
  it("is named by a common name in UTF-8", () => {
    assert.deepEqual(Buffer.from(encodeName("Änna")), Buffer.from(subjectOf(utf8String("Änna"))));
  });

  it("has no CA, both usages, the key's id; names and proof where there are any", () => {
    const plain = identityExtensions([], HASH);
    const full = identityExtensions(alternativeNames("anna", []), HASH, Uint8Array.of(7));
    assert.equal(plain.length, 4);
    assert.equal(full.length, 6);
    assert.deepEqual(
      full.map(({ isCritical }) => isCritical),
      [true, true, false, false, false, false],
    );
    assert.equal(full.at(-1)?.oid, JOIN_PROOF.content);
    assert.deepEqual([...(plain[0]?.value ?? [])], [0x30, 0]);
  });

  it("has the first 160 bits of the key's hash for its id", () => {
    assert.deepEqual([...keyIdentifier(HASH).value], [0x04, 20, ...HASH.subarray(0, 20)]);
  });
});
