import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { locateKey } from "../../../src/gateway/config/locate-key.ts";

const TEXT = `metrics = "127.0.0.1:9000"

[[listener]]
name = "one"
to = "127.0.0.1:1"

[[listener]]
name = "two"
  allow = [
    "anna",
    "ben",
  ]
`;

describe("locateKey", () => {
  it("is where the name of a value begins", () => {
    assert.deepEqual(locateKey(TEXT, ["metrics"]), { line: 1, column: 1 });
    assert.deepEqual(locateKey(TEXT, ["listener", 1, "name"]), { line: 8, column: 1 });
  });

  it("is where a value ends that takes several lines, since it is there only then", () => {
    assert.deepEqual(locateKey(TEXT, ["listener", 1, "allow"]), { line: 12, column: 3 });
  });

  it("is where what is around it is said, for a value that is nowhere", () => {
    assert.deepEqual(locateKey(TEXT, ["listener", 0, "mode"]), { line: 3, column: 3 });
    assert.deepEqual(locateKey(TEXT, ["listener", 1, "cert"]), { line: 7, column: 3 });
  });

  it("is the beginning for what has nothing around it, and where nothing can be read", () => {
    assert.deepEqual(locateKey(TEXT, ["workers"]), { line: 1, column: 1 });
    assert.deepEqual(locateKey("= what", ["workers"]), { line: 1, column: 1 });
  });

  it("takes nothing for a value that only all objects have", () => {
    assert.deepEqual(locateKey(TEXT, ["constructor"]), { line: 1, column: 1 });
    assert.deepEqual(locateKey("\n[a]\n", ["a", "toString"]), { line: 2, column: 2 });
  });
});
