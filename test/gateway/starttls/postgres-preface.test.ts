import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { converse, START_TLS_REQUEST } from "./support.ts";

const GSSENC_REQUEST = "\0\0\0\x08\x04\xd2\x16\x30";
const CANCEL_REQUEST = "\0\0\0\x10\x04\xd2\x16\x2e\0\0\x12\x34\0\0\x56\x78";
const STARTUP = "\0\0\0\x13\0\x03\0\0user\0me\0\0\0\0";
const CLIENT_HELLO = "\x16\x03\x01\x02\0\x01\0\x01\xfc";

describe("a client of PostgreSQL before TLS", () => {
  it("may ask for GSS encryption, which there is none of, once", async () => {
    const first = await converse("postgres", GSSENC_REQUEST, START_TLS_REQUEST.postgres);
    assert.equal(first.heard, "NS");
    assert.deepEqual(first.tls, { left: "" });
    const again = await converse("postgres", GSSENC_REQUEST, GSSENC_REQUEST);
    assert.equal(again.heard, "N");
    assert.equal(again.problem, "the client does not speak PostgreSQL's protocol");
  });

  it("may begin TLS at once, and behind nothing else", async () => {
    assert.deepEqual((await converse("postgres", CLIENT_HELLO)).tls, { left: CLIENT_HELLO });
    for (const before of [GSSENC_REQUEST, "\0"]) {
      const { tls, isClosed } = await converse("postgres", before, CLIENT_HELLO);
      assert.equal(tls, undefined);
      assert.ok(isClosed);
    }
  });

  it("is told as an error of PostgreSQL's to come with TLS and a certificate", async () => {
    for (const before of ["", GSSENC_REQUEST]) {
      const { heard, problem, isClosed } = await converse("postgres", before, STARTUP);
      const error = heard.replace(/^N/, "");
      assert.equal(error[0], "E");
      assert.equal(Buffer.from(error, "latin1").readUInt32BE(1), error.length - 1);
      assert.deepEqual(error.slice(5).split("\0"), [
        "SFATAL",
        "VFATAL",
        "C28000",
        "Mthis server is for connections with TLS and a client certificate",
        "HConnect with sslmode=require sslcert=FILE sslkey=FILE.",
        "",
        "",
      ]);
      assert.equal(problem, "the client logs in without TLS");
      assert.ok(isClosed);
    }
  });

  it("cancels nothing", async () => {
    const { heard, problem } = await converse("postgres", CANCEL_REQUEST);
    assert.equal(heard, "");
    assert.equal(problem, "the client sent a CancelRequest in the clear");
  });

  it("is no other one, nor from before protocol 3", async () => {
    for (const said of [
      "GET / HTTP/1.1\r\n\r\n",
      "\0\0\0\x08\0\x02\0\0",
      "\0\0\0\x07\x04\xd2\x16\x2f",
      "SSH-2.0-x\r\n",
    ]) {
      const { problem } = await converse("postgres", said);
      assert.equal(problem, "the client does not speak PostgreSQL's protocol");
    }
  });
});
