import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, it } from "node:test";

const ROOT = resolve(import.meta.dirname, "../..");
const FILES = globSync("web/**/*.{ts,tsx}", { cwd: ROOT }).map((path) => ({
  path,
  text: readFileSync(resolve(ROOT, path), "utf8"),
}));

describe("the page's source", () => {
  it("has of src/ types alone", () => {
    assert.ok(FILES.length > 50);
    const wrong = FILES.flatMap(({ path, text }) =>
      Array.from(
        text.matchAll(/^(?:import|export) (?!type\b)[^;]*?from "[^"]*\/src\/[^"]*"/gm),
        ([line]) => `${path}: ${line}`,
      ),
    );
    assert.deepEqual(wrong, []);
  });

  it("writes no markup as text, and no style that the policy would refuse", () => {
    const forbidden =
      /innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write|cssText|\bstyle="/;
    assert.deepEqual(
      FILES.filter(({ text }) => forbidden.test(text)).map(({ path }) => path),
      [],
    );
  });
});
