import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseSocketPath } from "../../../src/gateway/config/parse-socket-path.ts";

const MOST = process.platform === "linux" ? 107 : 103;

describe("parseSocketPath", () => {
  it("takes as many bytes as the system does, and not one more", () => {
    const longest = `/${"x".repeat(MOST - 1)}`;
    assert.equal(parseSocketPath(longest), longest);
    assert.throws(() => parseSocketPath(`${longest}x`), {
      code: "ERR_HANDCLASP_OPTION",
      message: new RegExp(`^the path of a Unix socket is ${MOST} bytes at the most, and .* has ${MOST + 1}$`),
      hint: /\/run/,
    });
  });

  it("counts bytes, not characters", () => {
    assert.throws(() => parseSocketPath(`/${"ü".repeat(MOST / 2 + 1)}`), { code: "ERR_HANDCLASP_OPTION" });
  });

  it("refuses a NUL, behind which the system would read nothing", () => {
    assert.throws(() => parseSocketPath("/run/a\0b"), { message: /has no NUL in it/ });
  });
});
