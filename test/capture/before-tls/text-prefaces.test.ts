import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  clientLine,
  proxyLine,
  serverGuess,
  serverLine,
} from "../../../src/capture/before-tls/text-prefaces.ts";

describe("a line before TLS", () => {
  it("asks for TLS in the words of its protocol, told by the greeting where they are the same", () => {
    assert.deepEqual(clientLine("starttls", "220 mail"), { does: "ask", name: "SMTP STARTTLS" });
    assert.deepEqual(clientLine("STARTTLS", undefined), { does: "ask", name: "SMTP STARTTLS" });
    assert.deepEqual(clientLine("STARTTLS", "200 news"), { does: "ask", name: "unknown protocol" });
    assert.deepEqual(clientLine("a.1 STARTTLS", "* OK"), { does: "ask", name: "IMAP STARTTLS", tag: "a.1" });
    assert.deepEqual(clientLine("AUTH TLS-C", "220 ftp"), { does: "ask", name: "FTP AUTH TLS" });
    assert.deepEqual(clientLine("CONNECT here:443 HTTP/1.1", undefined), {
      does: "ask",
      name: "HTTP CONNECT",
    });
  });

  it("asks for nothing with more around the words", () => {
    for (const line of ["STARTTLS now", "x STARTTLS y", "CONNECT here HTTP/2", "<starttls>", "AUTH PLAIN"]) {
      assert.equal(clientLine(line, "220 mail"), undefined, line);
    }
  });

  it("answers what was asked, and by the tag that it was asked with", () => {
    assert.equal(serverLine("220 go", "SMTP STARTTLS", undefined)?.does, "accept");
    assert.equal(serverLine("220-still", "SMTP STARTTLS", undefined), undefined);
    assert.deepEqual(serverLine("454 later", "SMTP STARTTLS", undefined), {
      does: "refuse",
      name: "SMTP STARTTLS",
      answer: "454 later",
    });
    assert.equal(serverLine("a.1 ok", "IMAP STARTTLS", "a.1")?.does, "accept");
    assert.equal(serverLine("a.1 BAD", "IMAP STARTTLS", "a.1")?.does, "refuse");
    // A tag is text, and no pattern.
    assert.equal(serverLine("ax1 OK", "IMAP STARTTLS", "a.1"), undefined);
    assert.equal(serverLine("382 go", "unknown protocol", undefined)?.does, "accept");
  });

  it("is guessed from the server's alone", () => {
    const guesses = ["220 go", "234 go", "+OK", "HTTP/1.1 200 OK", "a1 OK", "* OK"].map(serverGuess);
    const told = ["SMTP STARTTLS", "FTP AUTH TLS", "POP3 STLS", "HTTP CONNECT", "IMAP STARTTLS", undefined];
    assert.deepEqual(guesses, told);
  });

  it("is a PROXY header of version 1 only with what it has to say", () => {
    for (const line of ["PROXY TCP4 192.0.2.1 192.0.2.2 1 2", "PROXY UNKNOWN"])
      assert.ok(proxyLine(line), line);
    for (const line of ["PROXY", "PROXY TCP5 x", "PROXY TCP44"])
      assert.equal(proxyLine(line), undefined, line);
  });
});
