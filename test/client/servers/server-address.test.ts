import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatServerAddress, parseServerAddress } from "../../../src/client/servers/server-address.ts";
import { isHandclaspError } from "../../../src/errors.ts";

describe("parseServerAddress", () => {
  const read: readonly (readonly [string, string])[] = [
    ["localhost:8443", "localhost:8443"],
    ["Example.COM.:443", "example.com:443"],
    ["127.0.0.1:0", "127.0.0.1:0"],
    ["[::1]:8443", "[::1]:8443"],
    ["[0:0:0:0:0:0:0:1]:8443", "[::1]:8443"],
    ["[2001:DB8::A]:1", "[2001:db8::a]:1"],
    ["Bücher.example.:1", "xn--bcher-kva.example:1"],
    // Another host than strasse.example, though the same name where peers' names are compared.
    ["straße.example:1", "xn--strae-oqa.example:1"],
    ["１２７。0.0.1:1", "127.0.0.1:1"],
  ];
  for (const [text, canonical] of read) {
    it(`reads ${text} as ${canonical}`, () => {
      assert.equal(formatServerAddress(parseServerAddress(text)), canonical);
    });
  }

  for (const port of ["65536", "70000", "99999999999999999999"]) {
    it(`says of port ${port} that it is too large`, () => {
      assert.throws(
        () => parseServerAddress(`localhost:${port}`),
        /the port of "localhost:\d+" is too large/,
      );
    });
  }

  for (const text of [
    "",
    "host",
    ":1",
    "host:",
    "host:65536",
    "::1:8443",
    "[host]:1",
    "a b:1",
    "u@h:1",
    "h:1\n",
  ]) {
    it(`does not take ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => parseServerAddress(text),
        (error) => isHandclaspError(error, "ERR_HANDCLASP_OPTION"),
      );
    });
  }
});
