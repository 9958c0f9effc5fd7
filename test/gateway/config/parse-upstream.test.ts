import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseUpstream } from "../../../src/gateway/config/parse-upstream.ts";

describe("parseUpstream", () => {
  it("takes a place or a Unix socket in mode tcp", () => {
    assert.deepEqual(parseUpstream("db.example:5432", "tcp"), {
      kind: "tcp",
      address: { host: "db.example", port: 5432 },
    });
    assert.deepEqual(parseUpstream("[::1]:22", "tcp"), { kind: "tcp", address: { host: "::1", port: 22 } });
    assert.deepEqual(parseUpstream("unix:/run/app.sock", "tcp"), { kind: "unix", path: "/run/app.sock" });
  });

  it("takes what HTTP it is in mode http, at port 80 where none is said, with or without a slash behind", () => {
    assert.deepEqual(parseUpstream("http://127.0.0.1:3000/", "http"), {
      kind: "tcp",
      address: { host: "127.0.0.1", port: 3000 },
      protocol: "http",
    });
    assert.deepEqual(parseUpstream("h2c://app", "http"), {
      kind: "tcp",
      address: { host: "app", port: 80 },
      protocol: "h2c",
    });
    assert.deepEqual(parseUpstream("http://[::1]", "http"), {
      kind: "tcp",
      address: { host: "::1", port: 80 },
      protocol: "http",
    });
  });

  it("takes a Unix socket in mode http, too", () => {
    assert.deepEqual(parseUpstream("http://unix:/run/app.sock", "http"), {
      kind: "unix",
      path: "/run/app.sock",
      protocol: "http",
    });
    assert.deepEqual(parseUpstream("h2c://unix:app/a:b.sock", "http"), {
      kind: "unix",
      path: "app/a:b.sock",
      protocol: "h2c",
    });
  });

  it("refuses what is for the other mode, a path, TLS, and nothing, and says what to write", () => {
    for (const text of [
      "127.0.0.1:3000",
      "unix:/run/app.sock",
      "https://a:1",
      "http://a:1/path",
      "HTTP://a:1",
      "",
      "http://unix:/run/app.sock:/api",
      "http://unix:/run/app.sock:",
      "http+unix:///run/app.sock",
    ]) {
      assert.throws(() => parseUpstream(text, "http"), {
        code: "ERR_HANDCLASP_OPTION",
        message: `${JSON.stringify(text)} is nothing that mode http can take clients to`,
        hint: /http:\/\/127\.0\.0\.1:3000/,
      });
    }
    for (const text of ["http://127.0.0.1:3000", "h2c://a", "tcp://a:1"]) {
      assert.throws(() => parseUpstream(text, "tcp"), { code: "ERR_HANDCLASP_OPTION", hint: /unix:/ });
    }
    for (const text of ["", "unix:", "a:0x10", "a:65536", "http://:80"]) {
      assert.throws(() => parseUpstream(text, "tcp"), { code: "ERR_HANDCLASP_OPTION" }, text);
    }
  });
});
