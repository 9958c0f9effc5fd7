import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  camelCase,
  countOf,
  nameAll,
  nameVersion,
  sizeOf,
} from "../../../../src/cli/trace/formats/text-names.ts";
import { VERSIONS } from "../../../../src/tls/code-points/code-points-version.ts";

describe("names in a trace", () => {
  it("are those of the RFCs and of people", () => {
    assert.equal(camelCase("client_hello"), "ClientHello");
    assert.deepEqual([0x0304, 0x0300, 0x0303].map(nameVersion), ["TLS 1.3", "SSL 3.0", "TLS 1.2"]);
  });

  it("are numbers where there is none, and GREASE is left out", () => {
    assert.equal(nameVersion(0x7f1c), "0x7f1c");
    assert.deepEqual(nameAll([0x0a0a, 0x0304, 0x7fff], VERSIONS), ["TLSv1.3", "0x7fff"]);
    assert.deepEqual(nameAll(undefined, VERSIONS), []);
  });

  it("count one thing as one", () => {
    assert.deepEqual(
      [countOf(0, "key"), countOf(1, "key"), countOf(2, "key")],
      ["0 keys", "1 key", "2 keys"],
    );
  });

  it("have the unit that fits a size", () => {
    assert.deepEqual([1, 999, 1000, 1_234_567, 2_000_000_000, 5e15].map(sizeOf), [
      "1 byte",
      "999 bytes",
      "1.0 kB",
      "1.2 MB",
      "2.0 GB",
      "5000.0 TB",
    ]);
  });
});
