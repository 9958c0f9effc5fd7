import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readNameSizes } from "../../../src/x509/parts/name-sizes.ts";
import {
  alternativeNames,
  bitString,
  certificateOf,
  der,
  extension,
  oid,
  P256_SPKI,
  sequence,
  subjectOf,
  utcTime,
  utf8String,
} from "../support/der-writer.ts";

const SUBJECT = subjectOf(utf8String("anna"));
const SUBJECT_BYTES = SUBJECT.length - 2;
const NAME_CONSTRAINTS = "2.5.29.30";

describe("how much a certificate says of names", () => {
  it("is its subject, and all its alternative names", () => {
    const name = ["dns", "a.example"] as const;
    assert.deepEqual(readNameSizes(certificateOf({ subject: SUBJECT })), {
      names: SUBJECT_BYTES,
      constraints: 0,
    });
    const one = readNameSizes(certificateOf({ subject: SUBJECT, extensions: [alternativeNames(name)] }));
    assert.equal(one.names, SUBJECT_BYTES + 2 + 2 + "a.example".length);
  });

  it("is counted over extensions that are given several times: whoever checks them reads each", () => {
    const extensions = Array.from({ length: 3 }, () => alternativeNames(["dns", "a.example"]));
    assert.equal(
      readNameSizes(certificateOf({ subject: SUBJECT, extensions })).names,
      SUBJECT_BYTES + 3 * (4 + "a.example".length),
    );
  });

  it("has what names those below may have apart", () => {
    const extensions = [extension(NAME_CONSTRAINTS, new Uint8Array(100)), extension("2.5.29.15", SUBJECT)];
    assert.deepEqual(readNameSizes(certificateOf({ subject: SUBJECT, extensions })), {
      names: SUBJECT_BYTES,
      constraints: 100,
    });
  });

  it("is told for certificates of version 1, too", () => {
    const algorithm = sequence(oid("1.2.840.10045.4.3.2"));
    const dates = sequence(utcTime("250101000000Z"), utcTime("491231235959Z"));
    const tbs = sequence(der(0x02, Uint8Array.of(1)), algorithm, SUBJECT, dates, SUBJECT, P256_SPKI);
    const certificate = sequence(tbs, algorithm, bitString(Uint8Array.of(1)));
    assert.deepEqual(readNameSizes(certificate), { names: SUBJECT_BYTES, constraints: 0 });
  });

  it("is not told of what cannot be read", () => {
    assert.throws(() => readNameSizes(sequence(der(0x05))), { code: "ERR_HANDCLASP_CERTIFICATE_MALFORMED" });
  });
});
