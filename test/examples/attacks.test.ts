import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, it } from "node:test";

const ROOT = resolve(import.meta.dirname, "../..");

describe("docs/attacks.md", () => {
  const page = readFileSync(join(ROOT, "docs/attacks.md"), "utf8");
  const attacks = page.split(/^## (?=\d+\. )/m).slice(1);

  it("names only tests that exist", () => {
    const named = Array.from(
      page.matchAll(/^- `((?:test|src\/testing)\/[^`]+)`: "(.+)"$/gm),
      ([, file = "", sentence = ""]) => ({
        file,
        sentence,
      }),
    );
    assert.equal(named.length, page.match(/^- `(?:test|src\/testing)\//gm)?.length);
    const missing = named.filter(({ file, sentence }) => {
      const path = join(ROOT, file);
      return !existsSync(path) || !readFileSync(path, "utf8").includes(sentence);
    });
    assert.deepEqual(missing, []);
  });

  it("names a test for every attack", () => {
    const bare = attacks.filter((attack) => !/\n- `(?:test|src\/testing)\//.test(attack));
    assert.deepEqual(bare, []);
  });

  it("has its attacks in the order of their numbers, each once", () => {
    const numbers = attacks.map((attack) => Number.parseInt(attack, 10));
    assert.deepEqual(
      numbers,
      [...new Set(numbers)].toSorted((a, b) => a - b),
    );
  });
});
