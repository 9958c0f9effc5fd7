import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { prf } from "../../../src/tls/keys/tls12-prf.ts";

const hex = (text: string): Buffer => Buffer.from(text, "hex");

describe("the PRF of TLS 1.2", () => {
  // https://mailarchive.ietf.org/arch/msg/tls/fzVCzk-z3FShgGJ6DOXqM1ydxms/
  it("gives what others get with SHA-256", () => {
    const secret = hex("9bbe436ba940f017b17652849a71db35");
    const seed = hex("a0ba9f936cda311827a6f796ffd5198c");
    const expected =
      "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66";
    assert.equal(Buffer.from(prf(secret, "sha256", "test label", seed, 100)).toString("hex"), expected);
  });

  it("gives the beginning of the same when it is to be shorter", () => {
    for (const hash of ["sha256", "sha384"] as const) {
      const long = prf(hex("01"), hash, "label", hex("02"), 200);
      for (const length of [0, 1, 32, 48, 49, 199])
        assert.deepEqual(prf(hex("01"), hash, "label", hex("02"), length), long.subarray(0, length));
    }
  });
});
