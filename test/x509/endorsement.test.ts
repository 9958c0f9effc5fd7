import assert from "node:assert/strict";
import { createPublicKey, type KeyObject } from "node:crypto";
import { describe, it } from "node:test";
import { assert as assertProperty, integer, nat, property } from "fast-check";
import { isHandclaspError } from "../../src/errors.ts";
import type { KeyType } from "../../src/x509/parts/public-key-info.ts";
import { createEndorsement, readEndorsement } from "../../src/x509/endorsement.ts";
import { encodeDer } from "../../src/x509/der/encode-der.ts";
import { generateKey } from "../../src/x509/generate-key.ts";

const AT = Date.UTC(2030, 0, 1);
const TYPES: readonly KeyType[] = [
  "p256",
  "p384",
  "p521",
  "rsa",
  "rsa-pss",
  "ed25519",
  "ed448",
  "ml-dsa-44",
  "ml-dsa-65",
  "ml-dsa-87",
];

function spkiOf(key: KeyObject): Uint8Array {
  return new Uint8Array(createPublicKey(key).export({ type: "spki", format: "der" }));
}

/** The value of the extension in the last certificate of a line of keys. */
function endorsed(keys: readonly KeyObject[]): {
  readonly endorsement: Uint8Array;
  readonly spki: Uint8Array;
} {
  let endorsement: Uint8Array | undefined;
  for (const [index, oldKey] of keys.slice(0, -1).entries()) {
    const next = keys[index + 1] ?? oldKey;
    endorsement = createEndorsement({
      oldKey,
      newSpki: spkiOf(next),
      issuedAt: AT + index,
      previous: endorsement,
    });
  }
  assert.ok(endorsement);
  return { endorsement, spki: spkiOf(keys.at(-1) ?? assert.fail()) };
}

function isMalformed(error: unknown): boolean {
  return isHandclaspError(error, "ERR_HANDCLASP_CERTIFICATE_MALFORMED");
}

/** The value with something else in place of its version or links. */
function value(...parts: readonly Uint8Array[]): Uint8Array {
  return encodeDer(0x30, ...parts);
}

const VERSION_1 = encodeDer(0x02, Uint8Array.of(1));

describe("an endorsement", () => {
  it("is made and verified for every type of key, in a line of all of them", async () => {
    const keys = await Promise.all(TYPES.map(generateKey));
    for (const [index, key] of keys.entries()) {
      const next = keys[(index + 1) % keys.length] ?? key;
      const { endorsement, spki } = endorsed([key, next]);
      const [link, ...others] = readEndorsement({ endorsement, spki });
      assert.ok(link);
      assert.equal(link.oldKeyType, TYPES[index]);
      assert.equal(link.issuedAt, AT);
      assert.equal(link.verify(), true, link.oldKeyType);
      assert.deepEqual(others, []);
      assert.equal(readEndorsement({ endorsement, spki: spkiOf(key) })[0]?.verify(), false);
    }
  });

  it("keeps four links, the newest first, each good for the key before it", async () => {
    const keys = await Promise.all(Array.from({ length: 7 }, () => generateKey("ed25519")));
    const links = readEndorsement(endorsed(keys));
    assert.deepEqual(
      links.map(({ issuedAt }) => issuedAt),
      [AT + 5, AT + 4, AT + 3, AT + 2],
    );
    assert.ok(links.every((link) => link.verify()));
  });

  it("counts as none when its version is not known", () => {
    const spki = Uint8Array.of();
    for (const version of ["020100", "020102", "0203010001", "0201ff"]) {
      const endorsement = value(Buffer.from(version, "hex"), Uint8Array.of(0xff));
      assert.deepEqual(readEndorsement({ endorsement, spki }), []);
    }
    assert.deepEqual(readEndorsement({ endorsement: undefined, spki }), []);
  });

  it("starts anew behind a chain whose version is not known", async () => {
    const [oldKey, next] = [await generateKey("ed25519"), await generateKey("ed25519")];
    const previous = value(encodeDer(0x02, Uint8Array.of(9)));
    const endorsement = createEndorsement({ oldKey, newSpki: spkiOf(next), issuedAt: AT, previous });
    assert.equal(readEndorsement({ endorsement, spki: spkiOf(next) }).length, 1);
  });

  it("is malformed without a link, with more than four, or with anything after it", async () => {
    const { endorsement, spki } = endorsed([await generateKey("ed25519"), await generateKey("ed25519")]);
    const link = endorsement.subarray(7);
    assert.equal(link[0], 0x30);
    const four = value(VERSION_1, encodeDer(0x30, link, link, link, link));
    assert.equal(readEndorsement({ endorsement: four, spki }).length, 4);
    for (const broken of [
      value(VERSION_1, encodeDer(0x30)),
      value(VERSION_1, encodeDer(0x30, link, link, link, link, link)),
      value(VERSION_1, encodeDer(0x30, link), Uint8Array.of(0x05, 0x00)),
      Buffer.concat([endorsement, Uint8Array.of(0)]),
      endorsement.subarray(0, -1),
      value(VERSION_1),
      value(),
      Uint8Array.of(),
    ]) {
      assert.throws(() => readEndorsement({ endorsement: broken, spki }), isMalformed);
    }
  });

  it("takes no old key that a certificate could not have", async () => {
    const spki = Uint8Array.of();
    const link = encodeDer(
      0x30,
      // An Ed25519 key, but with the OID of X25519.
      Buffer.from(`302a300506032b656e032100${"00".repeat(32)}`, "hex"),
      encodeDer(0x02, Uint8Array.of(1)),
      encodeDer(0x04, new Uint8Array(64)),
    );
    const endorsement = value(VERSION_1, encodeDer(0x30, link));
    assert.throws(
      () => readEndorsement({ endorsement, spki }),
      (error) => isHandclaspError(error, "ERR_HANDCLASP_KEY_UNSUPPORTED"),
    );
  });

  it("is read or refused, and never believed, whichever bits of it are changed", async () => {
    const { endorsement, spki } = endorsed([
      await generateKey("ed25519"),
      await generateKey("p256"),
      await generateKey("ed25519"),
    ]);
    const original = readEndorsement({ endorsement, spki });
    assertProperty(
      property(nat(endorsement.length - 1), integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Uint8Array.from(endorsement);
        changed[at] = (changed[at] ?? 0) ^ flip;
        try {
          const links = readEndorsement({ endorsement: changed, spki });
          const isWhole = links.length === original.length && links.every((link) => link.verify());
          assert.equal(isWhole, false);
        } catch (error) {
          const isOurs = isMalformed(error) || isHandclaspError(error, "ERR_HANDCLASP_KEY_UNSUPPORTED");
          assert.ok(isOurs, String(error));
        }
      }),
      { numRuns: 500 },
    );
  });

  it("is not issued at what is no time", async () => {
    const oldKey = await generateKey("ed25519");
    for (const issuedAt of [-1, 0.5, Number.NaN, 2 ** 53]) {
      assert.throws(
        () => createEndorsement({ oldKey, newSpki: spkiOf(oldKey), issuedAt, previous: undefined }),
        (error) => isHandclaspError(error, "ERR_HANDCLASP_OPTION"),
      );
    }
  });
});
