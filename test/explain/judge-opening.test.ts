import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HandshakeFacts } from "../../src/explain/seen/handshake-facts.ts";
import type { Sender } from "../../src/tls/records/sender.ts";
import { judgeHandshake } from "../../src/explain/judge-handshake.ts";
import { by, chosen, factsOf, helloOf, rulesOf } from "./support/facts.ts";

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

describe("judgeHandshake, of what is not TLS, or not whole", () => {
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

  it("says nothing of a side that was not captured", () => {
    const seen = new Set<Sender>(["client"]);
    assert.deepEqual(began("\x16\x03\x01", undefined, { ...hello, seen }), ["capture-incomplete certain"]);
    const refused = began(undefined, "\x15\x03\x03", {
      seen: new Set<Sender>(["server"]),
      ...by("server", 46),
    });
    assert.ok(refused.length > 3 && refused.every((rule) => rule.endsWith("possible")), refused.join());
  });

  it("tells a refusal by the size of a record, and the certificate as one of several reasons", () => {
    const sealed = {
      ...hello,
      serverHello: chosen(),
      isUndecryptable: true,
      end: { by: "server", how: "closed" } as const,
    };
    const refused = began("\x16\x03\x01", "\x16\x03\x03", {
      ...sealed,
      sealedAlert: "server",
      sealedAnswer: "certificate",
    });
    assert.ok(refused.includes("certificate-expired possible") && refused.includes("self-signed possible"));
    assert.deepEqual(
      began("\x16\x03\x01", "\x16\x03\x03", { ...sealed, sealedAlert: "server", sealedAnswer: "empty" }),
      ["no-certificate possible", "certificate-withheld possible"],
    );
  });
});
