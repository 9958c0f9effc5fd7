import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

describe("the alerts of packaging/prometheus-alerts.yml", () => {
  it("are those that the reference lists, with how long they wait and how grave they are", () => {
    const rules = read("packaging/prometheus-alerts.yml").matchAll(
      /- alert: (\w+)\n\s+expr: .*\n(?:\s+for: (\w+)\n)?\s+labels: \{ severity: (\w+) \}/g,
    );
    const named = Array.from(rules, ([, name, wait, severity]) => `${name} ${wait ?? "at once"} ${severity}`);
    const rows = read("docs/reference/metrics.md").matchAll(
      /^\| `(Handclasp\w+)` \| .*?(?:, for (\d+\w))? \| (\w+) \|$/gm,
    );
    const listed = Array.from(rows, ([, name, wait, severity]) => `${name} ${wait ?? "at once"} ${severity}`);
    assert.ok(named.length > 10);
    assert.deepEqual(listed, named);
  });
});
