import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseServerName, ServerNames } from "../../../src/gateway/config/server-names.ts";
import { isHandclaspError } from "../../../src/errors.ts";

describe("names of a listener", () => {
  it("are hosts, in whatever case, with or without a dot at the end, and one label for a star", () => {
    const names = new ServerNames(["App.example.org", "*.wild.test", "192.0.2.1", "2001:db8::1"]);
    for (const host of ["app.example.org", "APP.EXAMPLE.ORG.", "a.wild.test", "192.0.2.1", "[2001:DB8::1]"]) {
      assert.ok(names.has(host), host);
    }
    for (const host of [
      "example.org",
      "wild.test",
      ".wild.test",
      "a.b.wild.test",
      "192.0.2.10",
      "[2001:db8::2]",
    ]) {
      assert.ok(!names.has(host), host);
    }
  });

  it("are all there are when none is said", () => {
    assert.ok(new ServerNames([]).has("whatever.example"));
  });

  it("stand for a host that a client did not say by the first that is one", () => {
    assert.equal(new ServerNames(["*.wild.test", "a.test", "b.test"]).first, "a.test");
    assert.equal(new ServerNames(["*.wild.test"]).first, undefined);
  });

  it("have neither scheme, port, path nor a star in the middle", () => {
    for (const name of ["https://a.test", "a.test:443", "a.test/b", "*.*.test", "a*.test", "[::1]", ""]) {
      assert.throws(
        () => parseServerName(name),
        (error) => isHandclaspError(error, "ERR_HANDCLASP_OPTION"),
      );
    }
  });
});
