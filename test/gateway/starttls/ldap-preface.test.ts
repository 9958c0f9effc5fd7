import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { converse, START_TLS_REQUEST } from "./support.ts";

/** A simple bind by nobody, as message 1. */
const BIND = "\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\0\x80\0";

describe("a client of LDAP before TLS", () => {
  it("is granted StartTLS by its own message's number and by name", async () => {
    const { heard, tls } = await converse("ldap", START_TLS_REQUEST.ldap);
    assert.equal(heard, "\x30\x24\x02\x01\x01\x78\x1f\x0a\x01\0\x04\0\x04\0\x8a\x161.3.6.1.4.1.1466.20037");
    assert.deepEqual(tls, { left: "" });
    const long = await converse(
      "ldap",
      `\x30\x84\0\0\0\x1f\x02\x03\x01\x02\x03${START_TLS_REQUEST.ldap.slice(5)}`,
    );
    assert.equal(long.heard.slice(0, 7), "\x30\x26\x02\x03\x01\x02\x03");
    assert.deepEqual(long.tls, { left: "" });
  });

  it("is refused all else with confidentialityRequired, as an answer of that kind", async () => {
    for (const [request, response] of [
      ["\x60", "\x61"],
      ["\x63", "\x65"],
      ["\x66", "\x67"],
      ["\x68", "\x69"],
      ["\x4a", "\x6b"],
      ["\x6c", "\x6d"],
      ["\x6e", "\x6f"],
      ["\x77", "\x78"],
    ] as const) {
      const { heard, tls } = await converse("ldap", BIND.replace("\x60", request));
      assert.equal(heard.slice(2, 11), `\x02\x01\x01${response}\x21\x0a\x01\x0d\x04`);
      assert.equal(tls, undefined);
    }
  });

  it("takes an extended request for StartTLS only if it is that and nothing else", async () => {
    const other = START_TLS_REQUEST.ldap.replace("20037", "20038");
    const withValue = `\x30\x1f${START_TLS_REQUEST.ldap.slice(2).replace("\x77\x18", "\x77\x1a")}\x81\0`;
    for (const request of [other, withValue]) assert.equal((await converse("ldap", request)).tls, undefined);
  });

  it("may abandon what there is none of, and goes by unbinding, which is its good right", async () => {
    const abandon = "\x30\x06\x02\x01\x02\x50\x01\x01";
    const { heard, problem, isClosed } = await converse("ldap", abandon, "\x30\x05\x02\x01\x03\x42\0");
    assert.equal(heard, "");
    assert.equal(problem, undefined);
    assert.ok(isClosed);
  });

  it("is no other one", async () => {
    const nonsense = [
      "GET / HTTP/1.1\r\n",
      "\x16\x03\x01\x02\0",
      "\x30\x80\0\0\0\0",
      "\x30\x84\x7f\0\0\0",
      "\x30\x05\x02\0\x60\x01\x02",
    ];
    for (const said of nonsense) {
      const { problem } = await converse("ldap", said);
      assert.equal(problem, "the client does not speak LDAP", JSON.stringify(said));
    }
  });
});
