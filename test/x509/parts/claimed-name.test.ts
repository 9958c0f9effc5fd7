import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { isHandclaspError } from "../../../src/errors.ts";
import { readAlternativeName, readCommonName } from "../../../src/x509/parts/claimed-name.ts";
import { DerReader, TAG } from "../../../src/x509/der/der.ts";
import { readExtensions } from "../../../src/x509/parts/extensions.ts";
import {
  alternativeNames,
  ascii,
  der,
  extension,
  GENERAL_NAME,
  oid,
  sequence,
  subjectOf,
  utf8String,
} from "../support/der-writer.ts";

const SUBJECT_ALT_NAME = "2.5.29.17";

function commonName(...values: readonly Uint8Array[]): string | undefined {
  return readCommonName(new DerReader(subjectOf(...values), "x").inside(TAG.SEQUENCE, "subject"))();
}

function alternativeName(...extensions: readonly Uint8Array[]): string | undefined {
  const list = new DerReader(sequence(...extensions), "x").inside(TAG.SEQUENCE, "extensions");
  const { subjectAltName } = readExtensions(list);
  return subjectAltName && readAlternativeName(subjectAltName);
}

function nameProblem(...extensions: readonly Uint8Array[]): string | undefined {
  return readExtensions(new DerReader(sequence(...extensions), "x").inside(TAG.SEQUENCE, "extensions"))
    .nameProblem;
}

function malformed(message: RegExp): (error: unknown) => boolean {
  return (error) => isHandclaspError(error, "ERR_HANDCLASP_MALFORMED") && message.test(error.message);
}

function units(text: string, size: 2 | 4): Uint8Array {
  const bytes = Buffer.alloc(text.length * size);
  Array.from(text, (character, index) =>
    bytes.writeUIntBE(character.codePointAt(0) ?? 0, index * size, size),
  );
  return bytes;
}

describe("common name of a subject", () => {
  it("is read from every type of string", () => {
    assert.equal(commonName(utf8String("Zoë 🦊")), "Zoë 🦊");
    assert.equal(commonName(der(0x13, ascii("Anna Bell"))), "Anna Bell");
    assert.equal(commonName(der(0x16, ascii("anna@x.example"))), "anna@x.example");
    assert.equal(commonName(der(0x12, ascii("4711"))), "4711");
    assert.equal(commonName(der(0x14, ascii("Zo\u00eb"))), "Zoë");
    assert.equal(commonName(der(0x1e, units("Zoë λ", 2))), "Zoë λ");
    assert.equal(
      commonName(der(0x1c, Buffer.concat([units("Zo", 4), Buffer.from([0, 1, 0xf9, 0x8a])]))),
      "Zo🦊",
    );
  });

  it("is none when there is no such attribute, and empty when it is empty", () => {
    assert.equal(commonName(), undefined);
    assert.equal(commonName(utf8String("")), "");
    const organisation = sequence(der(0x31, sequence(oid("2.5.4.10"), utf8String("Lab"))));
    assert.equal(
      readCommonName(new DerReader(organisation, "x").inside(TAG.SEQUENCE, "subject"))(),
      undefined,
    );
  });

  it("is found behind others, in an RDN of several attributes", () => {
    const country = sequence(oid("2.5.4.6"), der(0x13, ascii("DE")));
    const rdn = der(0x31, country, sequence(oid("2.5.4.3"), utf8String("anna")));
    const subject = new DerReader(sequence(der(0x31, country), rdn), "x").inside(TAG.SEQUENCE, "subject");
    assert.equal(readCommonName(subject)(), "anna");
  });

  it("is none of those whose identifier only looks like it", () => {
    for (const type of [
      [0x55, 4, 3, 0x80],
      [0x55, 4, 0x80, 3],
      [0x55, 4],
      [0x55, 4, 3, 1],
    ]) {
      const attribute = sequence(der(0x06, Uint8Array.from(type)), utf8String("admin"));
      const subject = new DerReader(sequence(der(0x31, attribute)), "x").inside(TAG.SEQUENCE, "subject");
      assert.equal(readCommonName(subject)(), undefined);
    }
  });

  it("is malformed when there are two, in two RDNs or in one", () => {
    const two = malformed(/has 2 common names$/u);
    assert.throws(() => commonName(utf8String("anna"), utf8String("admin")), two);
    const attribute = sequence(oid("2.5.4.3"), utf8String("anna"));
    const subject = new DerReader(sequence(der(0x31, attribute, attribute)), "x");
    const read = readCommonName(subject.inside(TAG.SEQUENCE, "subject"));
    assert.throws(read, two);
  });

  it("keeps NUL, newline, ESC and bidi characters as they are: others judge them", () => {
    const name = "anna\u{0}\n\u{1b}[2J\u{202e}nimda\u{feff}";
    assert.equal(commonName(utf8String(name)), name);
    assert.equal(commonName(utf8String("\u{feff}anna")), "\u{feff}anna");
    assert.equal(commonName(der(0x13, ascii("anna\u{0}.example"))), "anna\u{0}.example");
    assert.equal(commonName(der(0x1e, units("a\u{202e}b", 2))), "a\u{202e}b");
  });

  it("is malformed when it is not UTF-8", () => {
    for (const bytes of [[0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0x80]])
      assert.throws(() => commonName(der(0x0c, Uint8Array.from(bytes))), malformed(/is not UTF-8$/u));
  });

  it("is malformed when a string of ASCII holds more", () => {
    for (const tag of [0x13, 0x16])
      assert.throws(() => commonName(der(tag, Uint8Array.of(0x61, 0xeb))), malformed(/beyond ASCII$/u));
  });

  it("is malformed when a character of two or four bytes is cut, a surrogate or beyond Unicode", () => {
    assert.throws(() => commonName(der(0x1e, new Uint8Array(3))), malformed(/units of 2 bytes$/u));
    assert.throws(() => commonName(der(0x1c, new Uint8Array(6))), malformed(/units of 4 bytes$/u));
    const nothing = malformed(/has no such character$/u);
    assert.throws(() => commonName(der(0x1e, Uint8Array.of(0xd8, 0x3e, 0xdd, 0x8a))), nothing);
    assert.throws(() => commonName(der(0x1c, Uint8Array.of(0, 0, 0xd8, 0))), nothing);
    assert.throws(() => commonName(der(0x1c, Uint8Array.of(0, 0x11, 0, 0))), nothing);
    assert.throws(() => commonName(der(0x1c, Uint8Array.of(255, 255, 255, 255))), nothing);
  });

  it("is malformed when its value is no string", () => {
    for (const value of [der(0x02, Uint8Array.of(1)), der(0x05), sequence(utf8String("anna")), der(0x2c)])
      assert.throws(() => commonName(value), malformed(/which is no string$/u));
  });

  it("is malformed when something follows its value", () => {
    const attribute = sequence(oid("2.5.4.3"), utf8String("anna"), utf8String("admin"));
    const subject = new DerReader(sequence(der(0x31, attribute)), "x").inside(TAG.SEQUENCE, "subject");
    assert.throws(() => readCommonName(subject), malformed(/bytes too many$/u));
  });

  it("comes back as it was written, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary-ascii" }), (text, plain) => {
        assert.equal(commonName(utf8String(text)), text);
        assert.equal(commonName(der(0x16, ascii(plain))), plain);
        assert.equal(commonName(der(0x1e, units(plain, 2))), plain);
        assert.equal(commonName(der(0x1c, units(plain, 4))), plain);
      }),
    );
  });

  it("is well-formed text or our own error, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.nat({ max: 30 }), fc.uint8Array({ maxLength: 40 }), (tag, content) => {
        try {
          assert.ok(commonName(der(tag, content))?.isWellFormed());
        } catch (error) {
          if (!malformed(/./u)(error)) throw error;
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe("alternative name", () => {
  it("is the first URI, else the first DNS name, else the first e-mail address", () => {
    const email = ["email", "anna@x.example"] as const;
    const dns = ["dns", "anna.example"] as const;
    const uri = ["uri", "urn:anna"] as const;
    assert.equal(alternativeName(alternativeNames(email)), "anna@x.example");
    assert.equal(alternativeName(alternativeNames(email, dns, ["dns", "b.example"])), "anna.example");
    assert.equal(alternativeName(alternativeNames(email, dns, uri, ["uri", "urn:b"])), "urn:anna");
  });

  it("is none when there are only addresses, other names or nothing", () => {
    assert.equal(alternativeName(), undefined);
    assert.equal(alternativeName(extension("2.5.29.19", sequence())), undefined);
    assert.equal(alternativeName(alternativeNames()), undefined);
    assert.equal(alternativeName(alternativeNames(["ip", "\u{7f}\u{0}\u{0}\u{1}"])), undefined);
    const other = sequence(der(0xa0, oid("1.2.3"), der(0xa0, utf8String("anna"))), der(0xa4, subjectOf()));
    assert.equal(alternativeName(extension(SUBJECT_ALT_NAME, other)), undefined);
  });

  it("is found in a critical extension behind others", () => {
    const value = der(0x04, sequence(der(GENERAL_NAME.uri, ascii("urn:anna"))));
    const critical = sequence(oid(SUBJECT_ALT_NAME), der(0x01, Uint8Array.of(0xff)), value);
    assert.equal(alternativeName(extension("2.5.29.19", sequence()), critical), "urn:anna");
  });

  it("cannot be told when the extension is given twice, even with the same names", () => {
    const names = alternativeNames(["dns", "anna.example"]);
    assert.match(nameProblem(names, names) ?? "", /subjectAltName at byte \d+: is given twice$/u);
  });

  it("keeps NUL, newline and ESC as they are, and refuses what is not ASCII", () => {
    const name = "anna\u{0}\r\n\u{1b}[2J.example";
    assert.equal(alternativeName(alternativeNames(["dns", name])), name);
    assert.throws(
      () => alternativeName(alternativeNames(["dns", "zo\u{eb}.example"])),
      malformed(/beyond ASCII$/u),
    );
  });

  it("is malformed when the extension is no list of names, or something follows the list", () => {
    for (const value of [
      new Uint8Array(),
      Uint8Array.of(5, 0),
      Uint8Array.of(0x30, 0, 0),
      Uint8Array.of(0x30, 1, 5),
    ])
      assert.throws(() => alternativeName(extension(SUBJECT_ALT_NAME, value)), malformed(/subjectAltName/u));
  });

  it("is malformed when an extension has parts too many, too few or in another order", () => {
    const value = der(0x04, sequence());
    const truth = der(0x01, Uint8Array.of(0xff));
    const type = oid(SUBJECT_ALT_NAME);
    for (const parts of [
      [type],
      [value],
      [type, value, truth],
      [type, truth, truth, value],
      [type, value, value],
    ])
      assert.throws(() => alternativeName(sequence(...parts)), malformed(/extension/u));
  });
});
