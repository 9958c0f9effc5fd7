import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assert as assertProperty, constantFrom, dictionary, property, string } from "fast-check";
import { parseRoute, toHref, type ViewName } from "../../web/route.ts";

const KEY = "L67LOQD-MMLAJZ2-SB53QCJ-C5DNCOX-JDI5NAL-2IIMD75-K7QXAAA-BBBBBBB-CCCCC";

function routeOf(href: string): ReturnType<typeof parseRoute> {
  const { pathname, search } = new URL(href, "http://127.0.0.1:7443");
  return parseRoute(pathname, search);
}

describe("route", () => {
  it("begins with who waits", () => {
    assert.deepEqual(parseRoute("/", ""), { view: "waiting", key: null, query: {} });
  });

  it("has a list and each of its keys at addresses below it", () => {
    assert.equal(parseRoute("/peers", "?q=anna").view, "peers");
    assert.deepEqual(parseRoute(`/peers/${KEY}`, ""), { view: "peer", key: KEY, query: {} });
    assert.deepEqual(parseRoute(`/compare/${KEY}`, "?as=replace"), {
      view: "compare",
      key: KEY,
      query: { as: "replace" },
    });
  });

  it("knows what it does not have", () => {
    for (const path of ["/nothing", "/peers/a/b", "/connections/x", "/compare", "/peers/%zz/x"]) {
      assert.equal(parseRoute(path, "").view, "unknown", path);
    }
  });

  it("leaves out of an address what is empty", () => {
    assert.equal(toHref("peers", { q: "" }), "/peers");
    assert.equal(toHref("refusals", { reason: "pending", q: "a b&c" }), "/refusals?reason=pending&q=a+b%26c");
  });

  it("comes back to what an address was made of, whatever was typed", () => {
    const views: readonly ViewName[] = [
      "waiting",
      "peers",
      "connections",
      "refusals",
      "invite",
      "history",
      "settings",
    ];
    const name = string({ minLength: 1 }).filter((each) => each !== "__proto__");
    const query = dictionary(name, string({ unit: "grapheme", minLength: 1 }), {
      noNullPrototype: true,
    });
    assertProperty(
      property(constantFrom(...views), query, (view, chosen) => {
        assert.deepEqual(routeOf(toHref(view, chosen)), { view, key: null, query: chosen });
      }),
    );
  });
});
