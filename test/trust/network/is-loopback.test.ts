import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isLoopback } from "../../../src/trust/network/is-loopback.ts";

describe("isLoopback", () => {
  it("is so for addresses that this machine alone reaches, however they are written", () => {
    for (const host of [
      "127.0.0.1",
      "127.255.255.254",
      "::1",
      "0:0:0:0:0:0:0:1",
      "::ffff:127.0.0.1",
      "localhost",
    ]) {
      assert.ok(isLoopback(host), host);
    }
  });

  it("is not so for any other address or name", () => {
    const others = [
      "0.0.0.0",
      "::",
      "128.0.0.1",
      "192.0.2.1",
      "::2",
      "::ffff:192.0.2.1",
      "",
      "localhost.example",
    ];
    for (const host of [...others, "127.0.0.1.example", "LOCALHOST.", "127.1"])
      assert.ok(!isLoopback(host), host);
  });
});
