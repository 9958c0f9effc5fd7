import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, it } from "node:test";
import { ALERT_TITLES, inabilityOf, TITLES } from "../interop/cases.ts";
import { BOTH_VERSIONS, type Stack, type TlsVersion } from "../interop/stack.ts";
import { STACKS } from "../interop/stacks.ts";

const EACH: readonly (readonly [stack: Stack, version: TlsVersion])[] = STACKS.flatMap((stack) =>
  (stack.versions ?? BOTH_VERSIONS).map((version) => [stack, version] as const),
);

function markOf(stack: Stack, version: TlsVersion, title: string): string {
  const unable = inabilityOf(stack, version, title) !== undefined;
  if (ALERT_TITLES.some((alert) => alert === title)) return unable ? "not named" : "named";
  return unable ? "no" : "yes";
}

describe("docs/reference/interop.md", () => {
  const page = readFileSync(resolve(import.meta.dirname, "../../docs/reference/interop.md"), "utf8");

  it("has every client in every version, with what it can do", () => {
    const rows = Array.from(page.matchAll(/^\| (.+) \|$/gm), ([, row = ""]) => row.split(" | "))
      .filter(([, , version = ""]) => /^1\.\d$/.test(version))
      .map(([name, , version, ...cells]) => [
        name,
        version,
        ...cells.map((cell) => cell.replace(/ \(\d+\)$/, "")),
      ]);
    const expected = EACH.map(([stack, version]) => {
      return [stack.name, version.slice(4), ...TITLES.map((title) => markOf(stack, version, title))];
    });
    assert.deepEqual(rows, expected);
  });

  it("quotes every client for every alert", () => {
    const missing = EACH.flatMap(([stack, version]) => {
      const section =
        page.split(/^\*\*(?=.*\*\*$)/m).find((part) => part.startsWith(`${stack.name}**`)) ?? "";
      return ALERT_TITLES.filter((alert) => {
        const lines = section.split("\n").filter((line) => line.startsWith(`- \`${alert}\`, `));
        const quoted = lines.find((line) => (line.split(": `")[0] ?? "").includes(version.slice(4)));
        const text = /: `(.*)`$/.exec(quoted ?? "")?.[1];
        if (text === undefined) return true;
        const unable = inabilityOf(stack, version, alert);
        const words = unable === undefined ? stack.says[alert] : (unable.instead ?? "");
        return !(typeof words === "string" ? text.includes(words) : words.test(text));
      }).map((alert) => `${stack.name}, ${version}, ${alert}`);
    });
    assert.deepEqual(missing, []);
  });
});
