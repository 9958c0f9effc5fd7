import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DerReader } from "../../../src/x509/der/der.ts";
import { type ReadExtensions, readExtensions } from "../../../src/x509/parts/extensions.ts";
import { ENDORSEMENT, JOIN_PROOF } from "../../../src/x509/parts/private-extensions.ts";
import { der, extension, oid, sequence } from "../support/der-writer.ts";

const NAMES = "2.5.29.17";
const KEY_USAGE = "2.5.29.15";
const ONE = Uint8Array.of(1);
const TWO = Uint8Array.of(2);

function read(...extensions: readonly Uint8Array[]): ReadExtensions {
  return readExtensions(new DerReader(Buffer.concat(extensions), "extensions"));
}

describe("the extensions of a certificate", () => {
  it("are read where they say something to us, critical or not, and passed over elsewhere", () => {
    const critical = sequence(oid(NAMES), der(0x01, Uint8Array.of(0xff)), der(0x04, ONE));
    const found = read(
      extension(KEY_USAGE, TWO),
      critical,
      extension(JOIN_PROOF.oid, ONE),
      extension(ENDORSEMENT.oid, TWO),
    );
    assert.deepEqual([...(found.subjectAltName ?? [])], [1]);
    assert.deepEqual([...(found.joinProof ?? [])], [1]);
    assert.deepEqual([...(found.endorsement ?? [])], [2]);
    assert.equal(found.nameProblem, undefined);
  });

  it("may be none", () => {
    assert.deepEqual(Object.values(read()), [undefined, undefined, undefined, undefined]);
  });

  it("are malformed when one of ours is given twice", () => {
    for (const type of [JOIN_PROOF.oid, ENDORSEMENT.oid]) {
      assert.throws(() => read(extension(type, ONE), extension(type, ONE)), /is given twice/);
    }
  });

  it("claim nothing that can be read when alternative names are given twice, and are sound else", () => {
    const found = read(extension(NAMES, ONE), extension(NAMES, TWO), extension(JOIN_PROOF.oid, ONE));
    assert.match(found.nameProblem ?? "", /is given twice/);
    assert.deepEqual([...(found.joinProof ?? [])], [1]);
  });

  it("have nothing behind their value", () => {
    assert.throws(() => read(sequence(oid(NAMES), der(0x04, ONE), der(0x05))), {
      code: "ERR_HANDCLASP_MALFORMED",
    });
  });
});
