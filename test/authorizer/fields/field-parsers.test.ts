import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { array, assert as holds, constantFrom, nat, oneof, property, string, uint8Array } from "fast-check";
import { parseByteSequenceField } from "../../../src/authorizer/fields/byte-sequence-field.ts";
import { parseChainField } from "../../../src/authorizer/fields/chain-field.ts";
import { parseForwardedCertificateField } from "../../../src/authorizer/fields/forwarded-certificate-field.ts";
import { parsePemField } from "../../../src/authorizer/fields/pem-field.ts";
import { isHandclaspError } from "../../../src/errors.ts";
import { encodePem } from "../../../src/x509/pem.ts";
import { propertyRuns } from "../../support/property-runs.ts";

type Write = (der: Uint8Array) => string;

const pem: Write = (der) => encodePem("CERTIFICATE", der);
const base64: Write = (der) => Buffer.from(der).toString("base64");
/** Each way to write a certificate, and what reads it. */
const WAYS: Readonly<Record<string, readonly [Write, (text: string) => Uint8Array]>> = {
  "PEM, percent-encoded": [(der) => encodeURIComponent(pem(der)), parsePemField],
  "PEM, percent-encoded as nginx does": [
    (der) => pem(der).replaceAll(/[^A-Za-z0-9._~-]/g, (one) => `%${hex(one).toUpperCase()}`),
    parsePemField,
  ],
  "PEM with spaces": [(der) => pem(der).replaceAll("\n", " "), parsePemField],
  "a byte sequence": [(der) => `:${base64(der)}:`, parseByteSequenceField],
  "a chain of one": [base64, parseChainField],
  "the first of a chain": [(der) => `${base64(der)},${base64(Buffer.from("other"))}`, parseChainField],
  "a chain, percent-encoded": [
    (der) => encodeURIComponent(`${base64(der)},${base64(Buffer.from("other"))}`),
    parseChainField,
  ],
  "the pairs of Envoy": [
    (der) =>
      String.raw`By=spiffe://a/b;Hash=00;Subject="CN=\"a;Cert=x\",O=b";Cert="${encodeURIComponent(pem(der))}";URI=`,
    parseForwardedCertificateField,
  ],
};
const PARSERS = new Set(Object.values(WAYS).map(([, parse]) => parse));

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).padStart(2, "0");
}

const DER = uint8Array({ minLength: 1, maxLength: 400 });
/** Texts that are nearly fields: what they are made of, and anything else. */
const HOSTILE = oneof(
  string({ unit: "binary-ascii" }),
  string({ unit: "grapheme" }),
  array(
    oneof(
      constantFrom(
        "-----BEGIN CERTIFICATE-----",
        "-----END CERTIFICATE-----",
        ":",
        ",",
        ";",
        "%",
        "%0A",
        "%FF",
        '"',
        "\\",
        "=",
        "Cert=",
        'Cert="',
        "AAAA",
        "AA==",
        "A",
        " ",
        "(null)",
        "{",
        "}",
      ),
      string(),
    ),
    { maxLength: 12 },
  ).map((pieces) => pieces.join("")),
);

describe("what proxies write a certificate in", () => {
  for (const [way, [write, parse]] of Object.entries(WAYS)) {
    it(`is read back: ${way}`, () => {
      holds(
        property(DER, (der) => assert.deepEqual(new Uint8Array(parse(write(der))), der)),
        { numRuns: propertyRuns(200) },
      );
    });

    it(`is read or malformed, and nothing else, once a character of it is another: ${way}`, () => {
      holds(
        property(DER, nat(), constantFrom("", ":", "*", "%", "\0", "é"), (der, where, more) => {
          const text = write(der);
          const at = where % text.length;
          const changed = text.slice(0, at) + more + text.slice(at + 1);
          assert.notEqual(attempt(parse, changed)?.length, 0);
        }),
        { numRuns: propertyRuns(300) },
      );
    });
  }

  it("throws nothing but that it is malformed, whatever it is", () => {
    holds(
      property(HOSTILE, (text) => {
        for (const parse of PARSERS) attempt(parse, text);
      }),
      { numRuns: propertyRuns(2000) },
    );
  });

  it("takes time in proportion to its length", () => {
    const long = 160 * 1024;
    const texts = ["a=", ";", '"', "\\", "%41", ":", ",", " ", "-----BEGIN CERTIFICATE-----", 'Cert="', "="];
    for (const text of texts.map((each) => each.repeat(Math.floor(long / each.length)))) {
      for (const parse of PARSERS) attempt(parse, text);
      attempt(parseForwardedCertificateField, `Subject="${text}`);
    }
  });
});

describe("parsePemField", () => {
  const one = pem(Buffer.from("one"));

  it("takes one certificate, and nothing before, between or behind", () => {
    const other = pem(Buffer.from("other"));
    for (const text of [
      `${one}${other}`,
      `${one}x`,
      `x${one}`,
      one.replace("CERTIFICATE", "X509 CRL"),
      "-----BEGIN CERTIFICATE-----",
    ]) {
      assert.throws(() => parsePemField(encodeURIComponent(text)), isMalformed);
    }
    assert.throws(() => parsePemField("-----BEGIN CERTIFICATE----------END CERTIFICATE-----"), isMalformed);
  });

  it("refuses what is percent-encoded wrongly, or twice", () => {
    assert.throws(() => parsePemField(`${encodeURIComponent(one)}%`), isMalformed);
    assert.throws(() => parsePemField(encodeURIComponent(encodeURIComponent(one))), isMalformed);
  });
});

describe("parseByteSequenceField", () => {
  it("takes one byte sequence with its colons, no parameters, no list", () => {
    for (const text of [
      ":AAAA",
      "AAAA:",
      ":AAAA:;a=1",
      ":AAAA:, :AAAA:",
      ":",
      ":A:",
      ":AA AA:",
      ":AAAA\n:",
    ]) {
      assert.throws(() => parseByteSequenceField(text), isMalformed, text);
    }
  });
});

describe("parseForwardedCertificateField", () => {
  const cert = encodeURIComponent(pem(Buffer.from("one")));

  it("takes Cert in any case, with quotes or without, wherever it stands", () => {
    for (const text of [
      `Cert="${cert}"`,
      `cert=${cert}`,
      `Hash=1;CERT="${cert}";Subject=""`,
      `By=a;By=b;Cert=${cert}`,
    ]) {
      assert.equal(Buffer.from(parseForwardedCertificateField(text)).toString(), "one", text);
    }
  });

  it("takes no Cert that stands in somebody's name", () => {
    for (const subject of [`Cert=${cert}`, String.raw`\";Cert=${cert};A=\"`, `,Cert=${cert}`]) {
      assert.throws(() => parseForwardedCertificateField(`Hash=1;Subject="${subject}"`), isMalformed);
    }
  });

  it("takes neither two of them, nor what two proxies wrote, nor what does not end", () => {
    const whole = `Cert="${cert}"`;
    for (const text of [
      `${whole};${whole}`,
      `${whole},${whole}`,
      `${whole};`,
      `;${whole}`,
      `${whole},`,
      `Cert="${cert}`,
      `${whole}x`,
    ]) {
      assert.throws(() => parseForwardedCertificateField(text), isMalformed, text);
    }
  });

  it("says which setting of Envoy is missing", () => {
    assert.throws(() => parseForwardedCertificateField("Hash=1"), /set cert to true/);
  });
});

function attempt(parse: (text: string) => Uint8Array, text: string): Uint8Array | undefined {
  try {
    return parse(text);
  } catch (error) {
    assert.ok(isMalformed(error), String(error));
    return undefined;
  }
}

function isMalformed(error: unknown): boolean {
  return isHandclaspError(error, "ERR_HANDCLASP_CERTIFICATE_MALFORMED");
}
