import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isHandclaspError } from "../../../src/errors.ts";
import { StoreUrl } from "../../../src/trust/port/store-url.ts";

/** Names of files that something on their way could take for something else. */
const ODD_PATHS = [
  "trust.db",
  "./trust.db",
  "../trust.db",
  "/var/lib/handclasp/trust.db",
  "/with a space/trust store.db",
  "/100%/trust%20.db",
  "/what?/trust.db?mode=ro#top",
  "/läden/żółw.db",
  "/new\nline/trust.db",
  "/a:b/memory:",
  "C:\\Users\\ada\\trust.db",
  "c:/trust.db",
  "\\\\server\\share\\trust.db",
  "~/trust.db",
  "'quoted'.db",
];

describe("StoreUrl", () => {
  it("takes a path letter by letter, whether sqlite: stands before it or not", () => {
    for (const path of ODD_PATHS) {
      for (const text of [path, `sqlite:${path}`]) {
        const url = StoreUrl.parse(text);
        assert.deepEqual([url.kind, url.file], ["sqlite", path], text);
      }
    }
  });

  it("is written so that it is read as the same again, through JSON as well", () => {
    for (const path of ODD_PATHS) {
      const url = StoreUrl.parse(path);
      assert.equal(String(url), `sqlite:${path}`);
      assert.deepEqual(StoreUrl.parse(String(url)), url);
      const { store } = JSON.parse(JSON.stringify({ store: url })) as { store: string };
      assert.deepEqual(StoreUrl.parse(store), url);
    }
    assert.equal(JSON.stringify([StoreUrl.memory]), '["memory:"]');
  });

  it("has a file for what is called like a scheme once sqlite: stands before it", () => {
    for (const path of ["memory:", "sqlite:", "postgres://db", "http:x"]) {
      assert.equal(StoreUrl.parse(`sqlite:${path}`).file, path);
    }
  });

  it("is in memory for memory: alone, and has no file then, nor any beside it", () => {
    const url = StoreUrl.parse("memory:");
    assert.deepEqual([url.kind, url.file, url.beside("known_servers.db")], ["memory", null, null]);
    assert.equal(url.in("/data"), url);
    assert.equal(String(url), "memory:");
  });

  it("refuses what names no file, and what no store of ours answers to", () => {
    for (const [text, message] of [
      ["", '"" names no file'],
      ["sqlite:", '"sqlite:" names no file'],
      ["sqlite://host/trust.db", '"sqlite://host/trust.db" names no file'],
      ["//host/trust.db", '"//host/trust.db" names no file'],
      ["memory:x", "there is no store for memory:x"],
      ["MEMORY:", "there is no store for MEMORY:"],
      ["SQLITE:trust.db", "there is no store for SQLITE:trust.db"],
      ["sqlit:trust.db", "there is no store for sqlit:trust.db"],
      ["mysql://ada:secret@db/handclasp", "there is no store for mysql:"],
      ["file:///trust.db", "there is no store for file:///trust.db"],
    ] as const) {
      assert.throws(
        () => StoreUrl.parse(text),
        (error) => {
          assert.ok(isHandclaspError(error, "ERR_HANDCLASP_OPTION"), text);
          assert.equal(error.message, message);
          assert.match(error.hint ?? "", /sqlite:/);
          return true;
        },
      );
    }
  });

  it("is seen from a folder, as its file is", () => {
    assert.equal(StoreUrl.parse("trust.db").in("/etc/handclasp").file, "/etc/handclasp/trust.db");
    assert.equal(StoreUrl.parse("sqlite:../a b/trust.db").in("/etc/handclasp").file, "/etc/a b/trust.db");
    assert.equal(StoreUrl.parse("/srv/trust.db").in("/etc/handclasp").file, "/srv/trust.db");
  });

  it("knows what lies beside its file, by a name of its own or by one made of the store's", () => {
    const url = StoreUrl.parse("/srv/a b/trust?.db");
    assert.equal(url.beside("known_servers.db"), "/srv/a b/known_servers.db");
    assert.equal(
      url.beside((own) => `${own}.server.pem`),
      "/srv/a b/trust?.db.server.pem",
    );
    assert.equal(StoreUrl.parse("trust.db").beside("known_servers.db"), "known_servers.db");
  });
});
