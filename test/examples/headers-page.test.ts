import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, it } from "node:test";
import { foldName } from "../../src/gateway/http/fields/field-kinds.ts";
import { PROXIED_NAMES, PROXIED_PREFIXES } from "../../src/gateway/http/fields/proxied-names.ts";

describe("docs/reference/headers.md", () => {
  const page = readFileSync(resolve(import.meta.dirname, "../../docs/reference/headers.md"), "utf8");

  it("has each name that is kept from trusted proxies alone, and no other", () => {
    const [, table = ""] = page.split("| fields | who sets them |");
    const rows = (table.split("\n\n")[0] ?? "").matchAll(/^\| (`[^|]+`) \|/gm);
    const names = Array.from(rows, ([, fields = ""]) => fields.replaceAll("`", "").split(", ")).flat();
    const prefixes = names.filter((name) => name.endsWith("…")).map((name) => foldName(name.slice(0, -1)));
    assert.deepEqual(prefixes.toSorted(), PROXIED_PREFIXES.toSorted());
    const whole = names.filter((name) => !name.endsWith("…")).map(foldName);
    assert.deepEqual(whole.toSorted(), PROXIED_NAMES.toSorted());
  });
});
