import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ja4, ja4Raw } from "../../../src/tls/formats/ja4.ts";
import { type ClientHello, parseClientHello } from "../../../src/tls/messages/hello/client-hello.ts";
import { SIMPLE_1RTT } from "../../vectors/rfc8448-simple-1rtt.ts";
import { type Bytes, clientHello, codes, extension, text, vector } from "../messages/support/encode.ts";

/** What an extension needs to be well-formed; empty for those that are not read. */
const BODIES: ReadonlyMap<number, Bytes> = new Map<number, Bytes>([
  [0x0000, vector(2, [0], vector(2, text("example.org")))],
  [0x0005, [1, 0, 0, 0, 0]],
  [0x000a, codes(2, [29])],
  [0x000b, vector(1, [0])],
  [0x0010, vector(2, vector(1, text("h2")))],
  [0x001b, codes(1, [2])],
  [0x002b, codes(1, [0x3a3a, 0x0304, 0x0303])],
  [0x002d, vector(1, [1])],
  [0x0033, vector(2)],
  [0xff01, vector(1)],
]);

function numbers(list: string): readonly number[] {
  return list === "" ? [] : list.split(",").map((code) => Number.parseInt(code, 16));
}

function helloOf(suites: string, types: string, algorithms: string): ClientHello {
  const extensions = numbers(types).map((type) => {
    return extension(type, type === 0x000d ? codes(2, numbers(algorithms)) : (BODIES.get(type) ?? []));
  });
  return parseClientHello(clientHello({ suites: numbers(suites), extensions }));
}

function withAlpn(protocol: string): string {
  const extensions = [extension(16, vector(2, vector(1, text(protocol))))];
  return ja4(parseClientHello(clientHello({ extensions }))).slice(8, 10);
}

const CHROME_SUITES = "1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035";
const CHROME_ALGORITHMS = "0403,0804,0401,0503,0805,0501,0806,0601";

describe("JA4", () => {
  for (const [source, suites, types, algorithms, expected] of [
    [
      "https://github.com/FoxIO-LLC/ja4/blob/main/technical_details/JA4.md",
      CHROME_SUITES,
      "001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015",
      CHROME_ALGORITHMS,
      "t13d1516h2_8daaf6152771_e5627efa2ab1",
    ],
    [
      "https://biandratti.github.io/huginn-net/docs/tls/",
      CHROME_SUITES,
      "0000,0005,000a,000b,000d,0010,0012,0017,001b,0023,002b,002d,0033,44cd,fe0d,ff01",
      CHROME_ALGORITHMS,
      "t13d1516h2_8daaf6152771_d8a2da3f94cd",
    ],
    [
      "https://shigshag.com/tools/ja4",
      "00ff,1301,1302,1303,c02b,c02c,c02f,c030,cca8,cca9",
      "0000,0010,0005,000a,000b,000d,0017,0023,002b,002d,0033",
      "0503,0403,0807,0806,0805,0804,0601,0501,0401",
      "t13d1011h2_61a7ad8aa9b6_3fcd1a44f3e3",
    ],
  ] as const) {
    it(`is as published at ${source}`, () => {
      assert.equal(ja4(helloOf(suites, types, algorithms)), expected);
    });
  }

  it("does not change with GREASE, nor with the order of suites and extensions", () => {
    const types = "000a,002b,000d,0033,0010,0000";
    const plain = ja4(helloOf(CHROME_SUITES, types, CHROME_ALGORITHMS));
    const shuffled = helloOf(
      `5a5a,${CHROME_SUITES.split(",").toReversed().join(",")}`,
      `baba,${types.split(",").toReversed().join(",")},caca`,
      `1a1a,${CHROME_ALGORITHMS}`,
    );
    assert.equal(ja4(shuffled), plain);
    assert.notEqual(ja4(helloOf(CHROME_SUITES, types, "0804,0403")), plain);
  });

  it("can be had before it is hashed", () => {
    const hello = helloOf("1302,1301", "0010,000d,002b,0000", "0804,0403");
    assert.equal(ja4Raw(hello), "t13d0204h2_1301,1302_000d,002b_0804,0403");
  });

  it("says when there is no name, no protocol, no suite and no extension", () => {
    const bare = parseClientHello(clientHello({ version: 0x0301, suites: [] }));
    assert.equal(ja4(bare), "t10i000000_000000000000_000000000000");
    const grease = parseClientHello(clientHello({ suites: [0x0a0a], extensions: [extension(0x0a0a)] }));
    assert.equal(ja4(grease), "t12i000000_000000000000_000000000000");
    assert.match(ja4(helloOf("1301", "0000,0010", "")), /^t12d0102h2_\w{12}_000000000000$/);
  });

  it("leaves out the signature algorithms when there are none", () => {
    assert.equal(ja4Raw(helloOf("1301", "000a,002b", "")), "t13i010200_1301_000a,002b");
  });

  it("counts to 99", () => {
    const suites = Array.from({ length: 120 }, (_, index) => index.toString(16).padStart(4, "0")).join(",");
    assert.match(ja4(helloOf(suites, "", "")), /^t12i990000_/);
  });

  it("shows the ends of the first protocol, or of its hex when they are no letters or digits", () => {
    assert.equal(withAlpn("http/1.1"), "h1");
    assert.equal(withAlpn("h2"), "h2");
    assert.equal(withAlpn("x"), "xx");
    assert.equal(withAlpn(""), "00");
    assert.equal(withAlpn("\xab"), "ab");
    assert.equal(withAlpn("\xab\xcd"), "ad");
    assert.equal(withAlpn("0\xab"), "3b");
    assert.equal(withAlpn("01\xab\xcd"), "3d");
    assert.equal(withAlpn("0\xab\xcd1"), "01");
  });

  for (const [version, expected] of [
    [0x0303, "12"],
    [0x0302, "11"],
    [0x0300, "s3"],
    [0x0202, "00"],
  ] as const) {
    it(`takes version ${expected} from the hello itself when no extension tells`, () => {
      assert.equal(ja4(parseClientHello(clientHello({ version }))).slice(1, 3), expected);
    });
  }

  it("can be had of the hello in RFC 8448 §3", () => {
    const hello = parseClientHello(SIMPLE_1RTT.records[0]?.bytes.subarray(9) ?? Uint8Array.of());
    assert.match(ja4(hello), /^t13d030900_[0-9a-f]{12}_[0-9a-f]{12}$/);
  });
});
