import assert from "node:assert/strict";
import { posix } from "node:path";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { HandclaspError } from "../../../src/errors.ts";
import { PathRules } from "../../../src/gateway/config/path-rules.ts";
import { cpuMs } from "../../support/cpu-time.ts";

const ADMIN = { path: "/admin", allow: ["anna"] };
const OPEN = { path: "/admin/open", allow: ["bob"] };
const ROOT = { path: "/", allow: ["everybody"] };
const REST = { path: "/", allow: ["any-peer"] };
const rules = new PathRules([ROOT, ADMIN, OPEN]);

function judge(target: string): readonly string[] | undefined {
  return rules
    .judge(target)
    ?.map(({ path }) => path)
    .toSorted();
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
      assert.deepEqual(judge(target), [rule], target);
    }
  });

  it("see through every spelling of a path, whatever else it may be read as", () => {
    for (const target of [
      "//admin",
      "/%61dmin",
      "/%61%64%6D%69%6e",
      "/./admin",
      "/x/../admin",
      "/x/%2e%2E/admin",
      "/x/.%2e//admin/.",
      "/../../admin",
      "/admin/../admin//",
      "/ADMIN",
      "/Admin/x",
      "/adm\u0131n",
      "/%2561dmin",
      "/x%2F..%2Fadmin",
      "/%2fadmin",
      "/..\\admin",
      "/..%5cadmin",
      "/\\x/admin",
      "//host/admin",
      "/admin%3fx",
      "/admin%23x",
      "/admin;v=1",
      "/;/admin",
      "/x/..;/admin",
      "/x/..;a=b/admin",
      "/%e9/..%2fadmin",
      "/%zz/../admin",
      // Go's lower case of it is `i`: Caddy.
      "/adm\u0130n",
      "/adm%C4%B0n/x",
      // Caddy and Windows leave out what is at the end.
      "/admin.",
      "/admin..",
      "/admin%20",
      "/admin.%20./x",
      "/x/.. /admin",
      "/x/..%20/admin",
      // The WHATWG's URL has none of these.
      "/ad%09min",
      "/ad%0amin",
      "/%0d%0aadmin",
      "/x/.%09./admin",
      // As a URL without a scheme, which may begin with more slashes than two: Node's.
      "//a/admin",
      "///a/admin",
      "/////a/ADMIN/x",
      "/\\/a/admin",
      "/%5c/a/admin",
    ]) {
      assert.ok(judge(target)?.includes("/admin"), target);
    }
  });

  it("ask for all ways to read a path, so that none is a way around another one", () => {
    for (const [target, needed] of [
      ["/ADMIN", ["/", "/admin"]],
      ["/admin/Open", ["/admin", "/admin/open"]],
      ["/admin;v=1", ["/", "/admin"]],
      ["/admin/open;v=1/x", ["/admin", "/admin/open"]],
      ["/admin/open/../x", ["/admin", "/admin/open"]],
      ["/admin/open%2f..%2fx", ["/admin", "/admin/open"]],
      ["/admin%2fopen", ["/", "/admin/open"]],
    ] as const) {
      assert.deepEqual(judge(target), needed, target);
    }
  });

  it("let pass what has a meaning of its own: an encoded slash, a URL, Latin-1, a broken escape", () => {
    for (const target of [
      "/@scope%2fpkg",
      "/proxy/http://x/y",
      "/caf%e9",
      "/100%",
      "/a\\b",
      "/a/%2e%2e/b",
      "/a.b.c/x..y",
      "/v1.0.",
      "/...",
    ]) {
      assert.deepEqual(judge(target), ["/"], target);
    }
  });

  it("refuse what nobody can read, or only in more ways than anybody means", () => {
    for (const target of [
      "/admin%00",
      "/admin%2500",
      "/admin%c0%afopen",
      "/%c0%ae%c0%ae/admin",
      "/%e0%80%af",
      `/%${"25".repeat(80)}61`,
      "/;a//b;c/../%2e%2e%2f%5c%253b%3fx//./%2525",
    ]) {
      assert.equal(judge(target), undefined, target);
    }
  });

  it("judge the longest path within a moment", () => {
    const began = cpuMs();
    for (const piece of ["/../", ";/", "%2525", "\\..", "//a;%2f"])
      judge(`/${piece.repeat(8192 / piece.length)}`);
    assert.ok(cpuMs() - began < 5000);
  });

  it("speak of no path when there are none", () => {
    for (const target of ["//a/../%2f\\", "/%zz", "/%00"])
      assert.deepEqual(new PathRules([]).judge(target), []);
  });

  it("say which rule cannot be", () => {
    for (const path of ["admin", "/a%2fb", "/%"]) {
      assert.throws(() => new PathRules([{ path, allow: [] }]), HandclaspError, path);
    }
  });

  it("take a rule in any spelling of its path", () => {
    for (const path of ["/admin/", "//admin", "/%61dmin", "/x/../admin"]) {
      assert.equal(new PathRules([{ path, allow: [] }]).judge("/admin/x")?.length, 1, path);
    }
  });

  it("find the rule for the rest wherever a path may be read as one that no other speaks of", () => {
    const opened = new PathRules([OPEN, ADMIN], REST);
    for (const [target, needed] of [
      ["/admin/open", [OPEN]],
      ["/admin/open/x?y", [OPEN]],
      ["/admin/x", [ADMIN]],
      ["/x", [REST]],
      ["*", [REST]],
      ["/admin/OPEN", [ADMIN, OPEN]],
      ["/ADMIN/open", [REST, OPEN]],
      ["/Admin", [REST, ADMIN]],
      ["//admin/open", [REST, OPEN]],
      ["//x/admin/open", [REST, OPEN]],
      ["/admin%2fopen", [REST, OPEN]],
      ["/admin;/open", [REST, OPEN]],
      ["/admin/open.", [ADMIN, OPEN]],
      ["/admin/open/../../x", [REST, OPEN]],
    ] as const) {
      const judged = opened.judge(target) ?? [];
      for (const rule of needed) assert.ok(judged.includes(rule), `${target}: ${rule.path}`);
    }
    const complete = new PathRules([OPEN, { path: "//", allow: [] }], REST);
    assert.equal(complete.judge("/x")?.includes(REST), false);
  });

  it("leave a path to one rule only if every server reads it below that rule's", () => {
    const opened = new PathRules([OPEN, ADMIN], REST);
    const beginning = fc.constantFrom("/admin/open", "/admin/open/", "/admin/", "//admin/open", "/");
    let left = 0;
    fc.assert(
      fc.property(beginning, fc.array(PIECE, { maxLength: 8 }), (begins, pieces) => {
        const target = `${begins}${pieces.join("")}`;
        const judged = /^[!-~]+$/.test(target) ? opened.judge(target) : undefined;
        if (judged?.every((rule) => rule === OPEN) !== true) return;
        left += 1;
        for (const read of UPSTREAMS) {
          const segments = read(target).split("/").slice(1, 3);
          assert.deepEqual(segments, ["admin", "open"], `${target} is read as ${read(target)}`);
        }
      }),
      { numRuns: 30_000 },
    );
    assert.ok(left > 100, `only ${left} were left to it`);
  });

  it("let no spelling reach the upstream below a path without the rule for it", () => {
    fc.assert(
      fc.property(fc.array(PIECE, { maxLength: 12 }), (pieces) => {
        const target = `/${pieces.join("")}`;
        // What else there is in a target was refused before (`readTarget`).
        const judged = /^[!-~]+$/.test(target) ? rules.judge(target) : undefined;
        if (judged === undefined) return;
        for (const read of UPSTREAMS) {
          const segments: readonly string[] = read(target).split("/").slice(1);
          if (segments[0] !== "admin") continue;
          const needed: typeof ADMIN = segments[1] === "open" ? OPEN : ADMIN;
          assert.ok(judged.includes(needed), `${target} is read as ${segments.join("/")}`);
        }
      }),
      { numRuns: 30_000 },
    );
  });
});

const PIECE = fc
  .constantFrom(
    "/,//,/./,/../,..,.,%2e,%2E%2e,%2f,\\,%5c,%00,%25,%61,%2561,admin,open,a,dmin,ADMIN".split(","),
    ";,;x=1,%3b,..;,?,%,%c0%ae,ä,%c3%a4, ".split(","),
  )
  .chain((pieces) => fc.constantFrom(...pieces));

/** How servers read a path: decoded and then resolved, resolved and then decoded, with parameters dropped, without case. */
const UPSTREAMS: readonly ((path: string) => string)[] = [
  (path) => posix.normalize(decode(beforeQuery(path))),
  (path) => decode(posix.normalize(beforeQuery(path))),
  (path) => new URL(`http://upstream${path}`).pathname,
  (path) => posix.normalize(decode(beforeQuery(path).replaceAll(/;[^/]*/g, ""))),
  (path) => posix.normalize(decode(beforeQuery(path)).replaceAll(/;[^/]*/g, "")),
  (path) => decode(beforeQuery(path)),
  (path) => posix.normalize(decode(beforeQuery(path)).toLowerCase()),
  (path) => decode(decode(beforeQuery(path))),
  (path) => beforeQuery(decode(beforeQuery(path))),
  (path) => posix.normalize(decode(beforeQuery(path)).replaceAll("\\", "/")),
  (path) => URL.parse(path, "http://upstream")?.pathname.toLowerCase() ?? "",
  (path) => decode(URL.parse(path, "http://upstream")?.pathname ?? ""),
  (path) => beforeQuery(path).replaceAll(/\/+/g, "/"),
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
