import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  ageOrNone,
  count,
  countOrAuto,
  listOf,
  parseNetwork,
  sizeOrNone,
  timeout,
  timeoutOrNone,
  tlsVersion,
  words,
} from "../../../src/gateway/config/readers.ts";
import type { Reader } from "../../../src/gateway/config/setting.ts";

function read<T>(reader: Reader<T>, text: string): T {
  assert.ok(reader.kind !== "tables");
  return reader.read(text);
}

function asItIs(text: string): string {
  return text;
}

describe("readers of settings", () => {
  it("take words that there are, and name them all to who writes another", () => {
    assert.equal(read(words("accept", "ask"), "ask"), "ask");
    assert.throws(() => read(words("accept", "ask"), "Ask"), { message: "Allowed choices are accept, ask." });
    assert.equal(read(tlsVersion, "1.3"), "TLSv1.3");
    assert.throws(() => read(tlsVersion, "TLSv1.3"), /choices are 1\.2, 1\.3/);
  });

  it("take whole numbers above 0, and auto where that is one", () => {
    assert.equal(read(count, "1024"), 1024);
    assert.equal(read(countOrAuto, "auto"), "auto");
    for (const text of ["0", "-1", "1.5", "1e3", "", " 1", "1234567890", "auto"]) {
      assert.throws(() => read(count, text), /whole number above 0/, text);
    }
  });

  it("take 0 for no limit only where there may be none", () => {
    assert.equal(read(timeout, "10s"), 10_000);
    assert.equal(read(timeoutOrNone, "0"), 0);
    assert.equal(read(ageOrNone, "90d"), 90 * 86_400_000);
    assert.throws(() => read(timeout, "0"), /not a duration/);
    assert.throws(() => read(timeoutOrNone, "90d"), /too long for a timeout/);
    assert.equal(read(sizeOrNone, "0"), 0);
    assert.equal(read(sizeOrNone, "10MB"), 10_000_000);
    assert.throws(() => read(sizeOrNone, "10"), /not a size/);
  });

  it("take lists with commas and spaces between, and a word for none where there is one", () => {
    assert.deepEqual(read(listOf(asItIs), "a, b,c"), ["a", "b", "c"]);
    assert.deepEqual(read(listOf(asItIs), "none"), ["none"]);
    assert.deepEqual(read(listOf(asItIs, "none"), "none"), []);
    assert.throws(
      () => read(listOf(parseNetwork), "192.0.2.0/24, 10.0.0.1/8"),
      /"10\.0\.0\.1\/8" is no IP network/,
    );
  });
});
