import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { deflateSync } from "node:zlib";
import type { TlsVersion } from "../../../src/tls/code-points/code-points-version.ts";
import { HandshakeReader } from "../../../src/tls/records/handshake-reader.ts";
import { parseAlert } from "../../../src/tls/messages/alert.ts";
import { parseChangeCipherSpec } from "../../../src/tls/messages/change-cipher-spec.ts";
import { parseHandshakeMessage } from "../../../src/tls/messages/handshake-message.ts";
import { RSA_CERTIFICATE } from "../../vectors/rfc8448-simple-1rtt.ts";
import { RFC_8448 } from "../../vectors/rfc8448.ts";
import { clientHello, codes, concat, extension, serverHello, text, uint, vector } from "./support/encode.ts";
import { valueOrMalformed } from "./support/malformed.ts";
import { propertyRuns } from "../../support/property-runs.ts";

interface Sample {
  readonly type: number;
  readonly body: Uint8Array;
}

/** Every message of RFC 8448. */
const TRACED: readonly Sample[] = RFC_8448.flatMap(({ records }) =>
  records.flatMap(({ bytes, type = bytes[0], content = bytes.subarray(5) }) =>
    type === 22 ? Array.from(new HandshakeReader().read(content)) : [],
  ),
);

/** What the traces do not have. */
const BUILT: readonly Sample[] = [
  {
    type: 1,
    body: clientHello({
      extensions: [
        extension(16, vector(2, vector(1, text("h2")), vector(1, text("http/1.1")))),
        extension(5, [1], vector(2, vector(2, [7])), vector(2, [8, 9])),
        extension(47, vector(2, vector(2, [0x30, 0]))),
        extension(27, codes(1, [1, 2, 3])),
        extension(11, vector(1, [0])),
        extension(23),
      ],
    }),
  },
  { type: 2, body: serverHello([extension(16, vector(2, vector(1, text("h2")))), extension(0xff01, [0])]) },
  { type: 11, body: vector(3, vector(3, new Uint8Array(30)), vector(3, new Uint8Array(9))) },
  {
    type: 12,
    body: concat([3], uint(2, 23), vector(1, new Uint8Array(65)), uint(2, 0x0403), vector(2, [1, 2])),
  },
  { type: 13, body: concat(vector(1, [1, 64]), codes(2, [0x0403]), vector(2, vector(2, [0x30, 0]))) },
  { type: 16, body: vector(1, new Uint8Array(65)) },
  { type: 22, body: concat([1], vector(3, new Uint8Array(20))) },
  { type: 24, body: Uint8Array.of(1) },
  {
    type: 25,
    body: concat(
      uint(2, 1),
      uint(3, RSA_CERTIFICATE.length - 4),
      vector(3, deflateSync(RSA_CERTIFICATE.subarray(4))),
    ),
  },
];

const SAMPLES = [...TRACED, ...BUILT];
const versions = fc.constantFrom<TlsVersion>("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3");
const suites = fc.constantFrom(undefined, 0x1301, 0xc02b, 0x009e, 0x009c, 0x00a8, 0xd001, 0x00aa, 0x00ac);
const context = fc
  .tuple(versions, suites)
  .map(([version, suite]) => (suite === undefined ? { version } : { version, cipherSuite: suite }));

interface Mutation {
  readonly at: number;
  readonly kind: "set" | "remove" | "insert" | "end";
  readonly value: number;
}

const mutations = fc.array(
  fc.record<Mutation>({
    at: fc.nat(2000),
    kind: fc.constantFrom("set", "set", "remove", "insert", "end"),
    value: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 255)),
  }),
  { minLength: 1, maxLength: 4 },
);

function mutate(body: Uint8Array, changes: readonly Mutation[]): Uint8Array {
  const bytes = Array.from(body);
  for (const { at, kind, value } of changes) {
    const place = at % (bytes.length + 1);
    if (kind === "set" && place < bytes.length) bytes[place] = value;
    else if (kind === "remove") bytes.splice(place, 1);
    else if (kind === "insert") bytes.splice(place, 0, value);
    else if (kind === "end") bytes.length = place;
  }
  return Uint8Array.from(bytes);
}

describe("hostile messages", () => {
  it("of random bytes throw only our error, with its path and offset", () => {
    fc.assert(
      fc.property(fc.nat(26), fc.uint8Array({ maxLength: 300 }), context, (type, body, settled) => {
        valueOrMalformed(() => parseHandshakeMessage(type, body, settled));
      }),
      { numRuns: propertyRuns(5_000) },
    );
  });

  it("made from true ones throw only our error, with its path and offset", () => {
    fc.assert(
      fc.property(fc.constantFrom(...SAMPLES), mutations, context, ({ type, body }, changes, settled) => {
        valueOrMalformed(() => parseHandshakeMessage(type, mutate(body, changes), settled));
      }),
      { numRuns: propertyRuns(10_000) },
    );
  });

  it("that end early are malformed at each length", () => {
    for (const { type, body } of TRACED.filter((sample) => sample.type !== 1 && sample.type !== 20))
      for (let length = 0; length < body.length; length++) {
        const parsed = valueOrMalformed(() =>
          parseHandshakeMessage(type, body.subarray(0, length), { version: "TLSv1.3" }),
        );
        const endsBeforeExtensions =
          parsed?.name === "server_hello" && parsed.message.extensions.length === 0;
        assert.ok(parsed === undefined || endsBeforeExtensions, `type ${type} of ${length}`);
      }
  });

  it("that go on after their end are malformed", () => {
    for (const { type, body } of TRACED.filter((sample) => sample.type !== 20))
      assert.equal(
        valueOrMalformed(() => parseHandshakeMessage(type, concat(body, [0]), { version: "TLSv1.3" })),
        undefined,
        `type ${type}`,
      );
  });

  it("do not reach over the end of their own bytes", () => {
    fc.assert(
      fc.property(fc.constantFrom(...SAMPLES), mutations, context, ({ type, body }, changes, settled) => {
        const mutated = mutate(body, changes);
        const amid = concat(new Uint8Array(50).fill(1), mutated, new Uint8Array(50).fill(1));
        const alone = valueOrMalformed(() => parseHandshakeMessage(type, mutated, settled));
        const inside = valueOrMalformed(() =>
          parseHandshakeMessage(type, amid.subarray(50, 50 + mutated.length), settled),
        );
        assert.deepEqual(inside, alone);
      }),
      { numRuns: 1000 },
    );
  });

  it("as alerts and change_cipher_spec throw only our error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5 }), (bytes) => {
        valueOrMalformed(() => parseAlert(bytes));
        valueOrMalformed(() => parseChangeCipherSpec(bytes));
      }),
    );
  });

  for (const [what, type, body] of [
    [
      "16 000 extensions",
      1,
      clientHello({ extensions: Array.from({ length: 16_000 }, (_, index) => extension(1000 + index)) }),
    ],
    ["32 000 suites", 1, clientHello({ suites: Array.from({ length: 32_000 }, (_, index) => index) })],
    ["87 000 empty certificates", 11, vector(3, new Uint8Array(87_000 * 3))],
    [
      "21 000 empty names",
      1,
      clientHello({ extensions: [extension(0, vector(2, new Uint8Array(21_000 * 3)))] }),
    ],
  ] as const) {
    it(`with ${what} are read in time that grows with their length`, () => {
      // The processor's time: a busy machine takes longer, and does no more.
      const before = process.threadCpuUsage();
      const parsed = parseHandshakeMessage(type, body, { version: "TLSv1.2" });
      assert.notEqual(parsed.name, "other");
      const { user, system } = process.threadCpuUsage(before);
      assert.ok(user + system < 1_000_000, `${user + system} µs`);
    });
  }
});
