import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { foldCase, readingsOf } from "../../../src/gateway/config/path-readings.ts";

describe("what servers may take a path for", () => {
  for (const [path, reading] of [
    ["/%61dmin", "/admin"],
    ["/%2561dmin", "/admin"],
    ["\\admin", "/admin"],
    ["//admin", "/admin"],
    ["/a/../admin", "/admin"],
    ["/a/%2e%2e/admin", "/admin"],
    ["/./admin/.", "/admin"],
    ["/../admin", "/admin"],
    ["/admin;x=1", "/admin"],
    ["//host/admin", "/admin"],
    ["///host/admin", "/admin"],
    ["/admin.", "/admin"],
    ["/admin. .", "/admin"],
    ["/a/.. /admin", "/admin"],
    ["/ad\tmin", "/admin"],
    ["/admin%3fx", "/admin"],
    ["/admin%23x", "/admin"],
    ["/%61%ffdmin/%61", "/a%ffdmin/a"],
    ["/a/%u002e%U002e/admin", "/admin"],
    ["/a/%25u002e%u002e/admin", "/admin"],
    ["/a/%ef%bc%8e%ef%bc%8e%ef%bc%8fadmin", "/admin"],
    ["/a/%uff0e%uff0e/admin", "/admin"],
    ["/a/%e2%80%a5/admin", "/admin"],
    ["/a/..%0c/admin", "/admin"],
  ] as const) {
    it(`is ${reading} for ${JSON.stringify(path)}, beside the path itself`, () => {
      const readings = readingsOf(path) ?? [];
      assert.ok(readings.includes(path));
      assert.ok(readings.includes(reading), readings.join(" "));
    });
  }

  it("is the path alone where there is nothing to read in another way", () => {
    for (const path of ["/", "/a", "/a/b", "/a-b_c~d"]) assert.deepEqual(readingsOf(path), [path]);
  });

  it("is nothing that anybody could tell with NUL or a character in more bytes than it takes", () => {
    for (const path of [
      "/a%00",
      "/%c0%af",
      "/%C1%81",
      "/%e0%80%af",
      "/%f0%80%80%af",
      "/%25%30%30",
      "/a%u0000",
    ])
      assert.equal(readingsOf(path), undefined, path);
  });

  it("is nothing that is meant well when it is more than 64", () => {
    const path = `/${Array.from({ length: 12 }, (_, at) => `%252e;${at}\\..//x${at}. `).join("/")}`;
    assert.equal(readingsOf(path), undefined);
    const readings = readingsOf("/a/%2e%2e//b;c") ?? [];
    assert.ok(readings.length > 1 && readings.length <= 64, `${readings.length}`);
  });
});

describe("case that does not count", () => {
  it("is equal for all ways to compare without it", () => {
    for (const [one, other] of [
      ["ADMIN", "admin"],
      ["\u0130", "i"],
      ["\u212A", "k"],
      ["\u017F", "s"],
      ["\u00DF", "SS"],
    ] as const)
      assert.equal(foldCase(one), foldCase(other), one);
    assert.notEqual(foldCase("a"), foldCase("b"));
  });
});
