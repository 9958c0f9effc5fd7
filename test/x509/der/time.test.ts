import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { isHandclaspError } from "../../../src/errors.ts";
import { DerReader } from "../../../src/x509/der/der.ts";
import { readTime } from "../../../src/x509/der/time.ts";
import { ascii, der, generalizedTime, utcTime } from "../support/der-writer.ts";

function read(value: Uint8Array): string {
  return new Date(readTime(new DerReader(value, "validity"), "notAfter")).toISOString();
}

function isMalformed(error: unknown): boolean {
  return isHandclaspError(error, "ERR_HANDCLASP_MALFORMED") && error.message.startsWith("validity.notAfter");
}

/** `20380119031407`, for years of four digits. */
function digitsOf(date: Date): string {
  return date.toISOString().replaceAll(/\D/gu, "").slice(0, 14);
}

function wholeSecondsBetween(from: string, to: string): fc.Arbitrary<Date> {
  return fc
    .integer({ min: Date.parse(from) / 1000, max: Date.parse(to) / 1000 })
    .map((seconds) => new Date(seconds * 1000));
}

describe("time of a certificate", () => {
  it("turns the century of a UTCTime between 49 and 50", () => {
    assert.equal(read(utcTime("491231235959Z")), "2049-12-31T23:59:59.000Z");
    assert.equal(read(utcTime("500101000000Z")), "1950-01-01T00:00:00.000Z");
    assert.equal(read(utcTime("000101000000Z")), "2000-01-01T00:00:00.000Z");
    assert.equal(read(utcTime("991231235959Z")), "1999-12-31T23:59:59.000Z");
  });

  it("takes the year of a GeneralizedTime as it stands", () => {
    assert.equal(read(generalizedTime("20500101000000Z")), "2050-01-01T00:00:00.000Z");
    assert.equal(read(generalizedTime("99991231235959Z")), "9999-12-31T23:59:59.000Z");
    assert.equal(read(generalizedTime("00500101000000Z")), "0050-01-01T00:00:00.000Z");
  });

  it("knows leap years", () => {
    assert.equal(read(utcTime("240229120000Z")), "2024-02-29T12:00:00.000Z");
    assert.throws(() => read(utcTime("230229120000Z")), isMalformed);
    assert.throws(() => read(generalizedTime("21000229120000Z")), isMalformed);
  });

  it("refuses days and hours that do not exist", () => {
    for (const text of [
      "250231000000Z",
      "250431000000Z",
      "250001000000Z",
      "251301000000Z",
      "250100000000Z",
      "250132000000Z",
      "250101240000Z",
      "250101006000Z",
      "250101000060Z",
    ]) {
      assert.throws(() => read(utcTime(text)), isMalformed, text);
    }
  });

  it("refuses every form but seconds and Z", () => {
    for (const text of [
      "",
      "250101000000",
      "2501010000Z",
      "250101000000+0100",
      "250101000000z",
      "250101000000Z\n",
      " 250101000000Z",
      "20250101000000Z",
      "25010100000aZ",
      "-50101000000Z",
      "250101000000Z".padEnd(40_000, "Z"),
    ]) {
      assert.throws(() => read(utcTime(text)), isMalformed, text.slice(0, 20));
    }
    for (const text of ["250101000000Z", "20250101000000", "20250101000000.5Z", "20250101000000+0000"]) {
      assert.throws(() => read(generalizedTime(text)), isMalformed, text);
    }
  });

  it("refuses a time in a value of another type", () => {
    assert.throws(() => read(der(0x13, ascii("250101000000Z"))), isMalformed);
    assert.throws(() => read(der(0x04, ascii("20250101000000Z"))), isMalformed);
    for (let length = 0; length < 20; length++)
      assert.throws(() => read(der(0x13, ascii("2".repeat(length).concat("Z")))), isMalformed);
  });

  it("reads every second of a UTCTime and of a GeneralizedTime back", () => {
    const utc = wholeSecondsBetween("1950-01-01T00:00:00Z", "2049-12-31T23:59:59Z");
    const generalized = wholeSecondsBetween("0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z");
    fc.assert(
      fc.property(utc, generalized, (short, long) => {
        assert.equal(read(utcTime(`${digitsOf(short).slice(2)}Z`)), short.toISOString());
        assert.equal(read(generalizedTime(`${digitsOf(long)}Z`)), long.toISOString());
      }),
    );
  });

  it("gives the digits it was given, or our own error", () => {
    const text = fc.oneof(fc.stringMatching(/^\d{14}Z$/u), fc.string({ unit: "binary-ascii" }));
    fc.assert(
      fc.property(text, (given) => {
        try {
          assert.equal(`${digitsOf(new Date(read(generalizedTime(given))))}Z`, given);
        } catch (error) {
          if (!isMalformed(error)) throw error;
        }
      }),
      { numRuns: 1000 },
    );
  });
});
