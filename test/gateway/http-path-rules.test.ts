import assert from "node:assert/strict";
import { posix } from "node:path";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { HandclaspError } from "../../src/errors.ts";
import { PathRules } from "../../src/gateway/http/path-rules.ts";

const ADMIN = { path: "/admin", allow: ["anna"] };
const OPEN = { path: "/admin/open", allow: ["bob"] };
const ROOT = { path: "/", allow: ["everybody"] };
const rules = new PathRules([ROOT, ADMIN, OPEN]);

function judge(target: string): { readonly path: string; readonly rules: readonly string[] } | undefined {
  const judged = rules.judge(target);
  return judged && { path: judged.path, rules: judged.rules.map(({ path }) => path) };
}

describe("path rules", () => {
  it("match by whole segments, and the longest decides", () => {
    for (const [target, rule] of [
      ["/admin", "/admin"],
      ["/admin/", "/admin"],
      ["/admin/x/y?z", "/admin"],
      ["/admin/open", "/admin/open"],
      ["/admin/open/x", "/admin/open"],
      ["/admin/opening", "/admin"],
      ["/administrator", "/"],
      ["/", "/"],
      ["/x?/admin", "/"],
      ["*", "/"],
    ] as const) {
      assert.deepEqual(judge(target), { path: target, rules: [rule] }, target);
    }
  });

  it("see through every spelling of a path, and forward the plain one", () => {
    for (const [target, path] of [
      ["//admin", "/admin"],
      ["/%61dmin", "/admin"],
      ["/%61%64%6D%69%6e", "/admin"],
      ["/./admin", "/admin"],
      ["/x/../admin", "/admin"],
      ["/x/%2e%2E/admin", "/admin"],
      ["/x/.%2e//admin/.", "/admin/"],
      ["/../../admin", "/admin"],
      ["/admin/../admin//", "/admin/"],
      ["/admin/%7euser?a=%2f..", "/admin/~user?a=%2f.."],
      ["/admin/a%20b%c3%a4", "/admin/a%20b%C3%A4"],
    ] as const) {
      assert.deepEqual(judge(target), { path, rules: ["/admin"] }, target);
    }
  });

  it("decode once: what is encoded twice stays encoded once less for nobody", () => {
    assert.deepEqual(judge("/%2561dmin"), { path: "/%2561dmin", rules: ["/"] });
  });

  it("refuse what can be read in two ways", () => {
    for (const target of [
      "/admin%2fopen",
      "/x%2F..%2Fadmin",
      "/..\\admin",
      "/..%5cadmin",
      "/admin%00",
      "/admin%c0%afopen",
      "/%c0%ae%c0%ae/admin",
      "/%zz",
      "/%",
      "/admin/open/..;/secret",
      "/admin/open/..;a=b/secret",
      "/admin/open/.;/secret",
      "/admin/open/..%3b/secret",
    ]) {
      assert.equal(judge(target), undefined, target);
    }
  });

  it("leave matrix parameters alone, and ask for both ways to read them", () => {
    assert.deepEqual(judge("/admin/open;v=1/x"), {
      path: "/admin/open;v=1/x",
      rules: ["/admin", "/admin/open"],
    });
    assert.deepEqual(judge("/admin;v=1"), { path: "/admin;v=1", rules: ["/", "/admin"] });
  });

  it("leave every path as it is when there are none", () => {
    for (const target of ["//a/../%2f\\", "/%zz"]) {
      assert.deepEqual(new PathRules([]).judge(target), { path: target, rules: [] });
    }
  });

  it("say which rule cannot be", () => {
    for (const path of ["admin", "/a%2fb", "/%"]) {
      assert.throws(() => new PathRules([{ path, allow: [] }]), HandclaspError, path);
    }
  });

  it("take a rule in any spelling of its path", () => {
    for (const path of ["/admin/", "//admin", "/%61dmin", "/x/../admin"]) {
      assert.equal(new PathRules([{ path, allow: [] }]).judge("/admin/x")?.rules.length, 1, path);
    }
  });

  it("let no spelling reach the upstream below a path without the rule for it", () => {
    fc.assert(
      fc.property(fc.array(PIECE, { maxLength: 12 }), (pieces) => {
        const judged = rules.judge(`/${pieces.join("")}`);
        if (judged === undefined) return;
        for (const read of UPSTREAMS) {
          const segments: readonly string[] = read(judged.path).split("/").slice(1);
          if (segments[0] !== "admin") continue;
          const needed: typeof ADMIN = segments[1] === "open" ? OPEN : ADMIN;
          assert.ok(judged.rules.includes(needed), `${judged.path} is read as ${segments.join("/")}`);
        }
      }),
      { numRuns: 30_000 },
    );
  });

  it("forward a path that is judged the same when it comes again", () => {
    fc.assert(
      fc.property(fc.array(PIECE, { maxLength: 12 }), (pieces) => {
        const once = judge(`/${pieces.join("")}`);
        if (once !== undefined) assert.deepEqual(judge(once.path), once);
      }),
      { numRuns: 5000 },
    );
  });
});

const PIECE = fc
  .constantFrom(
    "/,//,/./,/../,..,.,%2e,%2E%2e,%2f,\\,%5c,%00,%25,%61,%2561,admin,open,a,dmin,ADMIN".split(","),
    ";,;x=1,%3b,..;,?,%,%c0%ae,ä,%c3%a4, ".split(","),
  )
  .chain((pieces) => fc.constantFrom(...pieces));

/** How servers read a path: decoded once and then resolved, resolved and then decoded, with parameters dropped. */
const UPSTREAMS: readonly ((path: string) => string)[] = [
  (path) => posix.normalize(decode(beforeQuery(path))),
  (path) => decode(posix.normalize(beforeQuery(path))),
  (path) => new URL(`http://upstream${path}`).pathname,
  (path) => posix.normalize(decode(beforeQuery(path).replaceAll(/;[^/]*/g, ""))),
  (path) => posix.normalize(decode(beforeQuery(path)).replaceAll(/;[^/]*/g, "")),
  (path) => decode(beforeQuery(path)),
];

function beforeQuery(path: string): string {
  return path.split("?")[0] ?? "";
}

/** A byte that is no text stays as it is. */
function decode(text: string): string {
  return text.replaceAll(/%[0-9A-Fa-f]{2}/g, (escape) =>
    String.fromCharCode(Number.parseInt(escape.slice(1), 16)),
  );
}
