import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, it } from "node:test";
import { ERROR_CODES, HandclaspError, hasCode, isHandclaspError, reasonOf, toError } from "../src/errors.ts";

const ROOT = resolve(import.meta.dirname, "..");

describe("the table of error codes", () => {
  it("is the same in the code and in docs/reference/errors.md, meaning by meaning", () => {
    const page = readFileSync(join(ROOT, "docs/reference/errors.md"), "utf8");
    const rows = Array.from(page.matchAll(/^\| `(ERR_HANDCLASP_[A-Z_]+)` \| ([^|]+) \|/gm));
    const documented = Object.fromEntries(rows.map(([, code = "", meaning = ""]) => [code, meaning.trim()]));
    assert.deepEqual(documented, ERROR_CODES);
  });

  it("has no code that nothing uses", () => {
    const files = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" });
    const sources = files.filter((file) => file.endsWith(".ts") && file !== "errors.ts");
    const text = sources.map((file) => readFileSync(join(ROOT, "src", file), "utf8")).join("\n");
    const unused = Object.keys(ERROR_CODES).filter((code) => !text.includes(`"${code}"`));
    assert.deepEqual(unused, []);
  });

  it("tells our errors from others, by code if asked", () => {
    const error = new HandclaspError("ERR_HANDCLASP_OPTION", "no", { hint: "yes", details: { option: "x" } });
    assert.equal(isHandclaspError(error), true);
    assert.equal(isHandclaspError(error, "ERR_HANDCLASP_OPTION"), true);
    assert.equal(isHandclaspError(error, "ERR_HANDCLASP_NAME"), false);
    assert.equal(isHandclaspError(new Error("no")), false);
    assert.deepEqual([error.hint, error.details, error.remedies], ["yes", { option: "x" }, []]);
  });
});

describe("whatever was thrown", () => {
  it("says what an error says, or what it is as text", () => {
    assert.deepEqual([new TypeError("no such thing"), "a text", undefined, 7].map(reasonOf), [
      "no such thing",
      "a text",
      "undefined",
      "7",
    ]);
  });

  it("is an error already, or becomes one", () => {
    const error = new TypeError("no such thing");
    assert.equal(toError(error), error);
    assert.deepEqual(toError("a text"), new Error("a text"));
  });

  it("has a code when the system or Node gave it one", () => {
    const missing = Object.assign(new Error("no such file"), { code: "ENOENT" });
    assert.deepEqual([hasCode(missing, "ENOENT"), hasCode(missing, "EEXIST")], [true, false]);
    assert.deepEqual(
      [hasCode(new Error("no"), "ENOENT"), hasCode({ code: "ENOENT" }, "ENOENT")],
      [false, false],
    );
  });
});
