import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, it } from "node:test";
import { AUTHORIZER_SETTINGS } from "../../src/gateway/config/authorizer-settings.ts";
import {
  ADMIN_SETTINGS,
  GATEWAY_SETTINGS,
  METRICS_SETTINGS,
} from "../../src/gateway/config/gateway-settings.ts";
import { LISTENER_SETTINGS } from "../../src/gateway/config/listener-settings.ts";
import type { Setting, SettingTable } from "../../src/gateway/config/setting.ts";

const PAGE = readFileSync(resolve(import.meta.dirname, "../../docs/reference/gateway-config.md"), "utf8");
/** Tables of a file that stand in another one, by their keys: they are no settings there. */
const INNER = ["metrics", "admin", "authorizer", "listener"];

/** The rows under a heading: what is said of each key, and its default. */
function rowsOf(heading: string): ReadonlyMap<string, { readonly what: string; readonly standard: string }> {
  const part = PAGE.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? "";
  const rows = part.matchAll(/^\| (`[^|]+`) \| ([^|]+) \| ?([^|]*?) ?\|$/gm);
  return new Map(
    Array.from(rows).flatMap(([, names = "", what = "", standards = ""]) => {
      const keys = names.replaceAll("`", "").split(", ");
      const each = standards.split(", ");
      return keys.map((key, at) => {
        const standard = each.length === keys.length ? (each[at] ?? "") : standards;
        return [key, { what, standard }] as const;
      });
    }),
  );
}

/** The default as a page has it. */
function shown({ default: standard, without = "" }: Setting<unknown>): string {
  return standard === undefined || Array.isArray(standard) ? without : `\`${String(standard)}\``;
}

function innerTable({ reader }: Setting<unknown>): SettingTable {
  assert.ok(reader.kind === "tables");
  return reader.settings;
}

describe("docs/reference/gateway-config.md", () => {
  const tables: readonly (readonly [string, SettingTable])[] = [
    ["Of the gateway", GATEWAY_SETTINGS],
    ["`[metrics]`", METRICS_SETTINGS],
    ["`[admin]`", ADMIN_SETTINGS],
    ["`[authorizer]`", AUTHORIZER_SETTINGS],
    ["`[[listener]]`", LISTENER_SETTINGS],
    ["`[[listener.path]]`", innerTable(LISTENER_SETTINGS.paths)],
  ];

  for (const [heading, table] of tables) {
    it(`has all settings under "${heading}", and no others, each with its default`, () => {
      const rows = rowsOf(heading);
      const settings = Object.values(table);
      const keys = [...rows.keys()].filter((key) => heading !== "Of the gateway" || !INNER.includes(key));
      assert.deepEqual(keys.toSorted(), settings.map(({ key }) => key).toSorted());
      for (const setting of settings) {
        // The store's is what the command line has.
        if (setting !== GATEWAY_SETTINGS.store) {
          assert.equal(rows.get(setting.key)?.standard, shown(setting), setting.key);
        }
      }
    });
  }

  it("says of each setting that is for one mode which that is, and lists all words there are", () => {
    const rows = rowsOf("`[[listener]]`");
    const table: SettingTable = LISTENER_SETTINGS;
    for (const { key, only, reader } of Object.values(table)) {
      const { what = "" } = rows.get(key) ?? {};
      if (only !== undefined) assert.match(what, new RegExp(`mode \`${only.mode}\``), key);
      for (const word of reader.kind === "words" ? reader.words : []) {
        if (word !== "none") assert.ok(what.includes(`"${word}"`), `${key}: ${word}`);
      }
    }
  });
});
