import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { isHandclaspError } from "../../../src/errors.ts";
import { keyTypeOf } from "../../../src/x509/parts/public-key-info.ts";
import { cpuMs } from "../../support/cpu-time.ts";
import { bitString, der, modulusOf, oid, P256_SPKI, rsaSpki, sequence } from "../support/der-writer.ts";

const RSA = "1.2.840.113549.1.1.1";
const RSA_PSS = "1.2.840.113549.1.1.10";
const EC = "1.2.840.10045.2.1";
const P256 = "1.2.840.10045.3.1.7";
const ED25519 = "1.3.101.112";

function spkiOf({ publicKey }: { readonly publicKey: KeyObject }): Uint8Array {
  return publicKey.export({ type: "spki", format: "der" });
}

const SOUND = {
  rsa: spkiOf(generateKeyPairSync("rsa", { modulusLength: 2048 })),
  "rsa-pss": spkiOf(generateKeyPairSync("rsa-pss", { modulusLength: 2048, hashAlgorithm: "sha256" })),
  p256: P256_SPKI,
  p384: spkiOf(generateKeyPairSync("ec", { namedCurve: "P-384" })),
  p521: spkiOf(generateKeyPairSync("ec", { namedCurve: "P-521" })),
  ed25519: spkiOf(generateKeyPairSync("ed25519")),
  ed448: spkiOf(generateKeyPairSync("ed448")),
  "ml-dsa-44": spkiOf(generateKeyPairSync("ml-dsa-44")),
  "ml-dsa-65": spkiOf(generateKeyPairSync("ml-dsa-65")),
  "ml-dsa-87": spkiOf(generateKeyPairSync("ml-dsa-87")),
} as const;

/** A SubjectPublicKeyInfo from its parts, each as it stands. */
function written(parameters: readonly Uint8Array[], key: Uint8Array, unusedBits = 0): Uint8Array {
  return sequence(sequence(...parameters), bitString(key, unusedBits));
}

function unsupported(what: RegExp): (error: unknown) => boolean {
  return (error) => isHandclaspError(error, "ERR_HANDCLASP_KEY_UNSUPPORTED") && what.test(error.message);
}

function malformed(error: unknown): boolean {
  return isHandclaspError(error, "ERR_HANDCLASP_MALFORMED");
}

const NULL = der(0x05);
const POINT = Uint8Array.of(4, ...new Uint8Array(64).fill(7));
const RSA_KEY = sequence(der(0x02, modulusOf(2048)), der(0x02, Uint8Array.of(1, 0, 1)));

describe("type of a public key", () => {
  for (const [type, spki] of Object.entries(SOUND)) {
    it(`is told for a key that Node made: ${type}`, () => assert.equal(keyTypeOf(spki), type));
  }

  it("is told for compressed points", () => {
    const key = Uint8Array.of(2, ...new Uint8Array(32).fill(7));
    assert.equal(keyTypeOf(written([oid(EC), oid(P256)], key)), "p256");
  });

  it("is told for RSA-PSS with and without parameters", () => {
    assert.equal(keyTypeOf(written([oid(RSA_PSS)], RSA_KEY)), "rsa-pss");
    assert.equal(keyTypeOf(written([oid(RSA_PSS), sequence()], RSA_KEY)), "rsa-pss");
  });

  it("is RSA from 2048 to 8192 bits, to the bit", () => {
    for (const bits of [2048, 2049, 3072, 4096, 8191, 8192])
      assert.equal(keyTypeOf(rsaSpki(modulusOf(bits))), "rsa", `${bits}`);
    for (const bits of [8, 512, 1024, 2047, 8193, 16_384, 65_536, 300_000])
      assert.throws(
        () => keyTypeOf(rsaSpki(modulusOf(bits))),
        unsupported(new RegExp(`of ${bits} bits`, "u")),
      );
    const monster = sequence(der(0x02, modulusOf(16_384)), der(0x02, Uint8Array.of(3)));
    assert.throws(() => keyTypeOf(written([oid(RSA_PSS)], monster)), unsupported(/16384/u));
  });

  it("is RSA with an odd exponent from 3 to 63 bits", () => {
    for (const exponent of [[3], [17], [1, 0, 1], [0x7f, 255, 255, 255, 255, 255, 255, 255]])
      assert.equal(keyTypeOf(rsaSpki(modulusOf(2048), Uint8Array.from(exponent))), "rsa");
    for (const exponent of [[1], [2], [1, 0, 0], [0, 0x80], [0, ...new Uint8Array(8).fill(255)]])
      assert.throws(
        () => keyTypeOf(rsaSpki(modulusOf(2048), Uint8Array.from(exponent))),
        unsupported(/exponent/u),
      );
    assert.throws(() => keyTypeOf(rsaSpki(modulusOf(2048), modulusOf(2048))), unsupported(/exponent/u));
  });

  it("is refused for other kinds of key", () => {
    const x25519 = spkiOf(generateKeyPairSync("x25519"));
    assert.throws(() => keyTypeOf(x25519), unsupported(/1\.3\.101\.110/u));
    const mlKem = spkiOf(generateKeyPairSync("ml-kem-768"));
    assert.throws(() => keyTypeOf(mlKem), unsupported(/2\.16\.840/u));
    const uuid = der(0x06, Uint8Array.of(0x69, ...new Uint8Array(17).fill(0xff), 0x01));
    assert.throws(() => keyTypeOf(written([uuid], POINT)), unsupported(/a key of type unknown/u));
    assert.throws(() => keyTypeOf(written([der(0x06)], POINT)), unsupported(/a key of type unknown/u));
  });

  it("is refused for other curves and for curves given by their parameters", () => {
    for (const namedCurve of ["secp256k1", "prime192v1", "brainpoolP256r1"])
      assert.throws(
        () => keyTypeOf(spkiOf(generateKeyPairSync("ec", { namedCurve }))),
        unsupported(/on the curve 1\./u),
      );
    const explicit = spkiOf(generateKeyPairSync("ec", { namedCurve: "P-256", paramEncoding: "explicit" }));
    assert.throws(() => keyTypeOf(explicit), unsupported(/by its parameters/u));
    assert.throws(() => keyTypeOf(written([oid(EC), NULL], POINT)), unsupported(/by its parameters/u));
    assert.throws(() => keyTypeOf(written([oid(EC)], POINT)), unsupported(/by its parameters/u));
  });

  it("is refused for points of another length, at infinity and in the hybrid form", () => {
    const hybrid = Uint8Array.of(6, ...new Uint8Array(64).fill(7));
    for (const point of [new Uint8Array(), Uint8Array.of(0), POINT.subarray(0, 64), hybrid])
      assert.throws(
        () => keyTypeOf(written([oid(EC), oid(P256)], point)),
        unsupported(/a point of \d+ bytes/u),
      );
  });

  it("is malformed when the key has not the length of its type", () => {
    for (const length of [0, 31, 33])
      assert.throws(() => keyTypeOf(written([oid(ED25519)], new Uint8Array(length))), malformed);
    assert.throws(
      () => keyTypeOf(written([oid("2.16.840.1.101.3.4.3.18")], new Uint8Array(1951))),
      malformed,
    );
  });

  it("is told in microseconds: no mathematics is done with the key", () => {
    const monster = rsaSpki(modulusOf(300_000), modulusOf(300_000));
    const began = cpuMs();
    for (let round = 0; round < 200; round++) assert.throws(() => keyTypeOf(monster), unsupported(/300000/u));
    assert.ok(cpuMs() - began < 2000);
  });
});

describe("encoding of a public key", () => {
  it("is the only one of its key: parameters as the standards have them", () => {
    const key = new Uint8Array(32);
    assert.equal(keyTypeOf(written([oid(ED25519)], key)), "ed25519");
    assert.throws(() => keyTypeOf(written([oid(ED25519), NULL], key)), malformed);
    assert.equal(keyTypeOf(written([oid(RSA), NULL], RSA_KEY)), "rsa");
    // Some leave the NULL out, and OpenSSL reads both.
    assert.equal(keyTypeOf(written([oid(RSA)], RSA_KEY)), "rsa");
    assert.throws(() => keyTypeOf(written([oid(RSA), der(0x05, NULL)], RSA_KEY)), malformed);
    assert.throws(() => keyTypeOf(written([oid(RSA), sequence()], RSA_KEY)), malformed);
    assert.throws(() => keyTypeOf(written([oid(RSA_PSS), NULL], RSA_KEY)), malformed);
    assert.equal(keyTypeOf(written([oid(EC), oid(P256)], POINT)), "p256");
    assert.throws(() => keyTypeOf(written([oid(EC), oid(P256), NULL], POINT)), malformed);
  });

  it("is the only one of its key: numbers in their shortest form, and positive", () => {
    const modulus = modulusOf(2048);
    const exponent = Uint8Array.of(1, 0, 1);
    assert.throws(() => keyTypeOf(rsaSpki(Uint8Array.of(0, ...modulus))), malformed);
    assert.throws(() => keyTypeOf(rsaSpki(modulus.subarray(1))), malformed);
    assert.throws(() => keyTypeOf(rsaSpki(modulus, Uint8Array.of(0, ...exponent))), malformed);
    for (const none of [[], [0], [0x80], [0xff, 0x01]])
      assert.throws(() => keyTypeOf(rsaSpki(modulus, Uint8Array.from(none))), malformed);
  });

  it("is the only one of its key: nothing follows, and no bits are left over", () => {
    const more = Uint8Array.of(0);
    assert.throws(() => keyTypeOf(Uint8Array.of(...P256_SPKI, 0)), malformed);
    assert.throws(() => keyTypeOf(written([oid(RSA), NULL], Buffer.concat([RSA_KEY, more]))), malformed);
    assert.throws(
      () => keyTypeOf(sequence(sequence(oid(ED25519)), bitString(new Uint8Array(32)), more)),
      malformed,
    );
    assert.throws(() => keyTypeOf(written([oid(ED25519)], new Uint8Array(32), 1)), malformed);
    assert.throws(() => keyTypeOf(sequence(sequence(oid(ED25519)), der(0x03))), malformed);
  });

  it("is what OpenSSL would write, for every damaged key that both take", () => {
    const damage = fc.record({
      spki: fc.constantFrom(...Object.values(SOUND)),
      at: fc.nat(),
      near: fc.boolean(),
      byte: fc.nat({ max: 255 }),
      kind: fc.constantFrom("set", "insert", "drop"),
    });
    fc.assert(
      fc.property(damage, ({ spki, at, near, byte, kind }) => {
        const place = at % (near ? 40 : spki.length);
        const middle = kind === "drop" ? [] : [byte];
        const damaged = Uint8Array.of(
          ...spki.subarray(0, place),
          ...middle,
          ...spki.subarray(kind === "insert" ? place : place + 1),
        );
        const type = typeOrUndefined(damaged);
        const exported = type === undefined ? undefined : exportOf(damaged);
        // OpenSSL writes the parameters of RSA-PSS anew; the key itself must still be the same.
        if (exported !== undefined && type !== "rsa-pss") assert.deepEqual([...exported], [...damaged]);
      }),
      { numRuns: 2000 },
    );
  });

  it("takes random bytes for no key, with our own error", () => {
    const key = fc.tuple(fc.constantFrom(RSA, RSA_PSS, EC, ED25519), fc.uint8Array(), fc.uint8Array());
    fc.assert(
      fc.property(key, fc.uint8Array(), ([type, parameters, bits], bytes) => {
        typeOrUndefined(bytes);
        typeOrUndefined(sequence(bytes));
        typeOrUndefined(written([oid(type), parameters], bits));
      }),
    );
  });
});

function typeOrUndefined(spki: Uint8Array): string | undefined {
  try {
    return keyTypeOf(spki);
  } catch (error) {
    if (malformed(error) || unsupported(/./u)(error)) return undefined;
    throw error;
  }
}

function exportOf(spki: Uint8Array): Uint8Array | undefined {
  try {
    const key = createPublicKey({ key: Buffer.from(spki), type: "spki", format: "der" });
    return key.export({ type: "spki", format: "der" });
  } catch {
    return undefined;
  }
}
