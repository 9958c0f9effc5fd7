import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { converse } from "./support.ts";

const GREETING = "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] Begin TLS first.\r\n";

describe("a client of IMAP before TLS", () => {
  it("is told that there is STARTTLS and no login", async () => {
    const { heard, tls } = await converse("imap", "a.1 CAPABILITY\r\n", "a.2 starttls\r\n");
    assert.equal(
      heard,
      `${GREETING}* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\na.1 OK Done.\r\na.2 OK Begin TLS now.\r\n`,
    );
    assert.deepEqual(tls, { left: "" });
  });

  it("logs in nobody, and does nothing else", async () => {
    const said = [
      "a LOGIN me secret\r\n",
      "b AUTHENTICATE PLAIN\r\n",
      "c NOOP\r\n",
      'd ID ("name" "me")\r\n',
    ];
    const { heard } = await converse("imap", ...said);
    assert.deepEqual(heard.slice(GREETING.length).split("\r\n"), [
      "a NO [PRIVACYREQUIRED] Begin TLS first.",
      "b NO [PRIVACYREQUIRED] Begin TLS first.",
      "c OK Done.",
      "d BAD Begin TLS first.",
      "",
    ]);
  });

  it("goes with LOGOUT, which is its good right", async () => {
    const { heard, problem, isClosed } = await converse("imap", "a LOGOUT\r\n");
    assert.equal(heard, `${GREETING}* BYE Logging out.\r\na OK Done.\r\n`);
    assert.equal(problem, undefined);
    assert.ok(isClosed);
  });

  it("does not hear as its tag what is none", async () => {
    for (const tag of ["*", "+", "a\0", "(", "%", "x".repeat(65), "a\x7f", "\xff"]) {
      const { heard } = await converse("imap", `${tag} NOOP\r\n`);
      assert.equal(heard, `${GREETING}* BAD Begin TLS first.\r\n`, JSON.stringify(tag));
    }
  });
});
