import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatTokenServer, parseTokenServer } from "../../../src/client/servers/token-server.ts";

describe("an address of a token", () => {
  it("says where a server is, and how TLS begins there", () => {
    const server = { host: "db.example", port: 5432 };
    assert.deepEqual(parseTokenServer("DB.example.:5432"), server);
    assert.deepEqual(parseTokenServer("postgres://db.example:5432"), { ...server, starttls: "postgres" });
    assert.deepEqual(parseTokenServer("tls://db.example:5432"), { ...server, starttls: "none" });
    assert.deepEqual(parseTokenServer("smtp://[2001:DB8::1]:25"), {
      host: "2001:db8::1",
      port: 25,
      starttls: "smtp",
    });
  });

  it("is written as it is read", () => {
    for (const text of ["gw.example:443", "tls://gw.example:443", "imap://[::1]:143", "ldap://192.0.2.1:389"])
      assert.equal(formatTokenServer(parseTokenServer(text)), text);
  });

  it("names protocols that there are, in small letters, and nothing behind the port", () => {
    for (const text of [
      "https://gw.example:443",
      "SMTP://gw.example:25",
      "smtp://",
      "smtp:gw.example:25",
      "smtp://gw.example:25/",
      "smtp://smtp://gw.example:25",
      "tls://gw.example",
    ])
      assert.throws(() => parseTokenServer(text), { code: "ERR_HANDCLASP_OPTION" }, text);
  });
});
