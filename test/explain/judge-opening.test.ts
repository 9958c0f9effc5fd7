import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HandshakeFacts } from "../../src/explain/seen/handshake-facts.ts";
import { judgeHandshake } from "../../src/explain/judge-handshake.ts";
import { factsOf, helloOf, rulesOf } from "./support/facts.ts";

/** What is made of connections that began so on the wire. */
function began(
  client: string | undefined,
  server: string | undefined,
  seen: Partial<HandshakeFacts> = {},
): readonly string[] {
  const firstBytes = {
    ...(client !== undefined && { client: Buffer.from(client, "latin1") }),
    ...(server !== undefined && { server: Buffer.from(server, "latin1") }),
  };
  return rulesOf(judgeHandshake(factsOf({ firstBytes, ...seen })));
}

describe("what is made of a connection that begins without TLS, or with nothing behind a ClientHello", () => {
  const hello = { clientHello: helloOf() };

  it("knows what was spoken instead", () => {
    assert.deepEqual(began("GET / HTTP/1.1", undefined), ["plain-http-client certain"]);
    assert.deepEqual(began("\x16\x03\x01", "HTTP/1.1 400", hello), ["plain-http-server certain"]);
    for (const greeting of ["220 mail ESMTP", "* OK IMAP", "+OK pop", "J\0\0\0\n8.0.36\0"])
      assert.deepEqual(began("\x16\x03\x01", greeting, hello), ["starttls-expected certain"], greeting);
    assert.deepEqual(began("SSH-2.0", undefined), ["not-tls certain"]);
  });

  it("names what makes servers hang up on a ClientHello", () => {
    const end = { by: "server", how: "closed" } as const;
    const rules = began("\x16\x03\x01", undefined, { ...hello, end }).map((rule) => rule.split(" ")[0]);
    assert.ok(rules.includes("proxy-header-expected") && rules.includes("starttls-expected"), rules.join());
    assert.match(
      began("\x16\x03\x01", undefined, { ...hello, end, serverPort: 5432 })[0] ?? "",
      /starttls-expected likely/,
    );
  });
});
