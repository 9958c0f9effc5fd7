import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toListedConnection } from "../../src/operator/listed-connection.ts";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import { randomPin } from "../support/certificates.ts";

describe("toListedConnection", () => {
  it("has every field, with what a client chose escaped", () => {
    const pin = randomPin();
    const open = {
      id: "c1",
      process: "serve 4711",
      run: "r1",
      pin,
      peer: "an\u001bna",
      remoteAddress: null,
      listener: "web",
      since: 0,
    };
    assert.deepEqual(toListedConnection(open), {
      connection: "c1",
      process: "serve 4711",
      run: "r1",
      peer: "an\\u{1b}na",
      keyId: toKeyId(pin),
      pin,
      remoteAddress: null,
      since: "1970-01-01T00:00:00.000Z",
      listener: "web",
      machine: null,
    });
  });
});
