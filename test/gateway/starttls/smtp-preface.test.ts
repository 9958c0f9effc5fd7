import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { converse } from "./support.ts";

describe("a client of SMTP before TLS", () => {
  it("is greeted, told that there is STARTTLS, and nothing else", async () => {
    const { heard, tls } = await converse("smtp", "EHLO me.example\r\n", "starttls\r\n");
    assert.equal(
      heard,
      "220 handclasp ESMTP\r\n250-handclasp\r\n250 STARTTLS\r\n220 2.0.0 Ready to start TLS\r\n",
    );
    assert.deepEqual(tls, { left: "" });
  });

  it("is answered what does nothing, and refused what takes TLS", async () => {
    const said = [
      "HELO me\r\n",
      "NOOP\r\n",
      "RSET\r\n",
      "MAIL FROM:<a@b>\r\n",
      "AUTH PLAIN\r\n",
      "STARTTLS now\r\n",
    ];
    const { heard } = await converse("smtp", said.join(""));
    assert.deepEqual(
      heard.split("\r\n").map((line) => line.slice(0, 3)),
      ["220", "250", "250", "250", "530", "530", "501", ""],
    );
  });

  it("goes with QUIT, which is its good right", async () => {
    const { heard, problem, isClosed } = await converse("smtp", "QUIT\r\n");
    assert.match(heard, /\r\n221 2\.0\.0 Bye\r\n$/);
    assert.equal(problem, undefined);
    assert.ok(isClosed);
  });

  it("is told of when it begins TLS at once, as on the port of another kind", async () => {
    const { problem } = await converse("smtp", "\x16\x03\x01\x02\0");
    assert.equal(problem, "the client began TLS without asking for it");
  });
});
