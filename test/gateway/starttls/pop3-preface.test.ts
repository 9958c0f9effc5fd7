import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { converse } from "./support.ts";

const GREETING = "+OK Begin TLS first.\r\n";

describe("a client of POP3 before TLS", () => {
  it("is told that there is STLS", async () => {
    const { heard, tls } = await converse("pop3", "CAPA\r\n", "stls\r\n");
    assert.equal(heard, `${GREETING}+OK\r\nSTLS\r\n.\r\n+OK Begin TLS now.\r\n`);
    assert.deepEqual(tls, { left: "" });
  });

  it("logs in nobody, and goes with QUIT", async () => {
    const { heard, problem, isClosed } = await converse("pop3", "USER me\r\n", "PASS secret\r\n", "QUIT\r\n");
    assert.equal(heard, `${GREETING}${"-ERR Begin TLS first.\r\n".repeat(2)}+OK Logging out.\r\n`);
    assert.equal(problem, undefined);
    assert.ok(isClosed);
  });
});
