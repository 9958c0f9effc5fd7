import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  array,
  assert as assertProperty,
  asyncProperty,
  constantFrom,
  nat,
  oneof,
  property,
  string,
  uint8Array,
} from "fast-check";
import {
  STARTTLS_SERVER_PROTOCOLS,
  STARTTLS_SERVERS,
  type StartTlsServerProtocol,
} from "../../../src/gateway/starttls/starttls-servers.ts";
import { propertyRuns } from "../../support/property-runs.ts";
import { converse, START_TLS_REQUEST } from "./support.ts";

/** What clients say before TLS, each to be understood by itself, and what nobody says. */
const MESSAGES: Readonly<Record<StartTlsServerProtocol, readonly string[]>> = {
  postgres: ["\0\0\0\x08\x04\xd2\x16\x30", "\0\0\0\x10\x04\xd2\x16\x2e12345678", "\0\0\0\x09\0\x03\0\0\0"],
  smtp: ["EHLO me\r\n", "HELO me\r\n", "NOOP\r\n", "AUTH PLAIN AGEAYg==\r\n", "QUIT\r\n", "STARTTLS now\r\n"],
  imap: [
    "a CAPABILITY\r\n",
    "b NOOP\r\n",
    "c LOGIN x y\r\n",
    "d LOGOUT\r\n",
    "* BYE\r\n",
    "e STARTTLS now\r\n",
  ],
  pop3: ["CAPA\r\n", "USER x\r\n", "PASS y\r\n", "QUIT\r\n", "STLS now\r\n"],
  ldap: [
    "\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\0\x80\0",
    "\x30\x84\0\0\0\x0c\x02\x01\x02\x60\x07\x02\x01\x03\x04\0\x80\0",
    "\x30\x05\x02\x01\x03\x42\0",
    "\x30\x06\x02\x01\x03\x50\x01\x01",
  ],
};

function cut(text: string, places: readonly number[]): readonly string[] {
  const at = [0, ...places.map((place) => place % (text.length + 1)).toSorted((a, b) => a - b)];
  return at.map((from, index) => text.slice(from, at[index + 1])).filter((piece) => piece !== "");
}

for (const protocol of STARTTLS_SERVER_PROTOCOLS) {
  const request = START_TLS_REQUEST[protocol];
  const said = array(
    oneof(
      { weight: 6, arbitrary: constantFrom(request, ...MESSAGES[protocol]) },
      { weight: 1, arbitrary: string({ unit: "binary-ascii" }) },
    ),
    { maxLength: 6 },
  ).map((messages) => messages.join(""));

  describe(`a client of ${protocol} before TLS`, () => {
    it("whatever it says, and in whatever pieces, has no byte of that left to TLS that it asked for", async () => {
      const pieces = array(nat(), { maxLength: 8 });
      await assertProperty(
        asyncProperty(said, pieces, async (text, places) => {
          const { tls, isClosed, problem } = await converse(protocol, ...cut(text, places));
          if (tls === undefined) return;
          const began = protocol === "postgres" && text.startsWith("\x16");
          assert.equal(tls.left !== "", began);
          assert.equal(isClosed, false);
          assert.equal(problem, undefined);
        }),
        { numRuns: propertyRuns(150) },
      );
    });

    it("hears the same in whatever pieces it said it, up to its request for TLS", async () => {
      const pieces = array(nat(), { maxLength: 8 });
      await assertProperty(
        asyncProperty(said, pieces, async (text, places) => {
          // In one piece with more behind it a request ends the connection, in pieces it may stand alone.
          const before = text.replaceAll(request, "").replaceAll("\x16", "");
          const whole = await converse(protocol, before);
          assert.deepEqual(await converse(protocol, ...cut(before, places)), whole);
        }),
        { numRuns: propertyRuns(100) },
      );
    });

    it("is never read to an error, and no message is longer than what is there of it", () => {
      assertProperty(
        property(
          oneof(
            said.map((text) => Buffer.from(text, "latin1")),
            uint8Array(),
          ),
          (bytes) => {
            const step = STARTTLS_SERVERS[protocol]
              .createPreface()
              .read(Buffer.concat([bytes, Buffer.of(0)]));
            if (step !== undefined && "length" in step)
              assert.ok(step.length > 0 && step.length <= bytes.length + 1);
          },
        ),
        { numRuns: propertyRuns(1000) },
      );
    });

    it("begins TLS behind its request", async () => {
      const { tls, heard, problem } = await converse(protocol, request);
      assert.deepEqual(tls, { left: "" });
      assert.equal(problem, undefined);
      assert.notEqual(heard, "");
    });

    it("is cut off when bytes come in the clear with its request, before it hears of TLS", async () => {
      const alone = await converse(protocol);
      for (const more of ["x", request, "\x16\x03\x01\x02\0\x01\0\x01\xfc"]) {
        const { tls, heard, problem, isClosed } = await converse(protocol, request + more);
        assert.equal(tls, undefined);
        assert.equal(heard, alone.heard);
        assert.equal(problem, `${more.length} bytes came in the clear with the request for TLS`);
        assert.ok(isClosed);
      }
    });

    it("is cut off when it says more than is ever said before TLS", async () => {
      const [first = ""] = MESSAGES[protocol === "postgres" ? "smtp" : protocol];
      const { problem, isClosed } = await converse(protocol, first.repeat(16 * 1024));
      assert.match(String(problem), /^the client /);
      assert.ok(isClosed);
    });
  });
}
