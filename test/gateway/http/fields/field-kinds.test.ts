import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fieldKind, foldName, isTrailerAllowed } from "../../../../src/gateway/http/fields/field-kinds.ts";
import { PROXIED_NAMES, PROXIED_PREFIXES } from "../../../../src/gateway/http/fields/proxied-names.ts";

/** What clients say for themselves, by names that are near. */
const CLIENTS_OWN = [
  "Authorization",
  "X-Api-Key",
  "X-Auth-Token",
  "X-Client-Id",
  "X-Client-Info",
  "X-Client-Version",
  "X-Request-Id",
  "X-Amzn-Trace-Id",
  "X-Ms-Version",
  "X-Ms-Client-Request-Id",
  "X-Goog-Api-Key",
  "X-CSRF-Token",
  "X-Requested-With",
  "Sec-WebSocket-Key",
  "Traceparent",
  "Impersonate-User",
];

describe("names that say who a client is elsewhere", () => {
  it("are folded, and begin no name that is another's", () => {
    for (const name of [...PROXIED_NAMES, ...PROXIED_PREFIXES]) assert.equal(foldName(name), name);
    for (const name of CLIENTS_OWN) assert.equal(fieldKind(name), "end-to-end", name);
  });
});

describe("fieldKind", () => {
  it("knows what says who somebody is in any spelling that CGI could take for it", () => {
    for (const name of [
      "Client-Cert",
      "client_cert_chain",
      "HANDCLASP-Peer",
      "handclasp.peer",
      "X_Original_URL",
    ])
      assert.equal(fieldKind(name), "ours", name);
    for (const name of [...PROXIED_NAMES, ...PROXIED_PREFIXES.map((start) => `${start}x`)]) {
      assert.equal(fieldKind(name), "proxied", name);
      assert.equal(fieldKind(name.toUpperCase().replaceAll("-", "_")), "proxied", name);
    }
    for (const name of ["X-Forwarded-For", "x.forwarded.proto", "Forwarded", "SSL_Client_S_DN", "X-Real_IP"])
      assert.equal(fieldKind(name), "proxied", name);
  });

  it("takes what is for one hop by its own spelling alone", () => {
    assert.equal(fieldKind("Transfer-Encoding"), "hop-by-hop");
    assert.equal(fieldKind("TE"), "te");
    for (const name of ["te_", "transfer_encoding", "x-te"])
      assert.equal(fieldKind(name), "end-to-end", name);
  });

  it("has all else go from end to end, but what begins with a colon", () => {
    for (const name of ["accept", "x-client", "authorization", "constructor"])
      assert.equal(fieldKind(name), "end-to-end", name);
    assert.equal(fieldKind(":path"), "pseudo");
  });

  it("says the same the second time, however many names it was asked for", () => {
    for (let count = 0; count < 3000; count++) fieldKind(`x-made-up-${count}`);
    for (const _ of [1, 2]) assert.equal(fieldKind("handclasp-key"), "ours");
  });
});

describe("isTrailerAllowed", () => {
  it("is so of what nobody has to know before the body", () => {
    for (const name of ["grpc-status", "Server-Timing", "Digest"])
      assert.equal(isTrailerAllowed(name), true, name);
    for (const name of [
      "Set-Cookie",
      "CONTENT-TYPE",
      "Content-Length",
      "Host",
      ":status",
      "handclasp-peer",
      "te",
    ])
      assert.equal(isTrailerAllowed(name), false, name);
  });
});
