import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { temporaryFolder } from "../support/temporary-folder.ts";

const PACKAGING = join(import.meta.dirname, "../../packaging");
const SCENARIOS = join(import.meta.dirname, "prometheus-alerts.promtool.yml");

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

function promtool(...args: readonly string[]): { code: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync("promtool", args, { encoding: "utf8" });
  return { code: status, said: stdout + stderr };
}

const skip = spawnSync("promtool", ["--version"]).status === 0 ? false : "promtool is not installed";

describe("what packaging/ has for Prometheus", { skip }, () => {
  const folder = temporaryFolder();

  it("has rules that Prometheus takes", () => {
    const { code, said } = promtool("check", "rules", join(PACKAGING, "prometheus-alerts.yml"));
    assert.equal(code, 0, said);
  });

  it("rings the bell when it should, and not before", () => {
    const { code, said } = promtool("test", "rules", SCENARIOS);
    assert.equal(code, 0, said);
  });

  it("draws panels by expressions that Prometheus takes", () => {
    const { panels } = JSON.parse(
      readFileSync(join(PACKAGING, "grafana-dashboard.json"), "utf8"),
    ) as Dashboard;
    const rules = panels
      .flatMap(({ targets }) => targets)
      .map(({ expr }, at) => ({
        record: `panel:${at}`,
        expr: expr.replaceAll("$__rate_interval", "1m").replaceAll("$instance", ".*"),
      }));
    assert.ok(rules.length > 10);
    const file = join(folder, "panels.yml");
    // JSON is YAML.
    writeFileSync(file, JSON.stringify({ groups: [{ name: "panels", rules }] }));
    const { code, said } = promtool("check", "rules", file);
    assert.equal(code, 0, said);
    writeFileSync(
      file,
      JSON.stringify({ groups: [{ name: "panels", rules: [{ record: "no", expr: "rate(" }] }] }),
    );
    assert.equal(promtool("check", "rules", file).code, 1);
  });
});
