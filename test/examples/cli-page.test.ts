import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, it } from "node:test";
import type { Command, Option } from "commander";
import { command as serve } from "../../src/cli/serve.ts";
import { GATEWAY_SETTINGS } from "../../src/gateway/config/gateway-settings.ts";
import { LISTENER_SETTINGS } from "../../src/gateway/config/listener-settings.ts";
import { optionName, type SettingTable } from "../../src/gateway/config/setting.ts";
import { commandTree } from "../../src/cli/verbs.ts";

const VERBS = (await commandTree()).commands;
const TABLES: readonly SettingTable[] = [LISTENER_SETTINGS, GATEWAY_SETTINGS];
const SETTINGS = TABLES.flatMap((table) => Object.values(table));
/** Said once for all verbs, at the top of the page. */
const EVERYWHERE = ["--store", "--json"];

/** The rows or paragraphs of the page that a verb's options can stand in. */
function sectionOf(page: string, verb: Command): string {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${verb.name()}\n`));
  assert.ok(section !== undefined, `no section for ${verb.name()}`);
  return section;
}

function missingFrom(text: string, verb: Command): readonly string[] {
  const missing = verb.options.flatMap(({ short, long, hidden }) => {
    if (hidden) return [];
    const names = [short, long].filter((name) => name !== undefined && name !== null);
    const said = names.some((name) => EVERYWHERE.includes(name) || text.includes(name));
    return said ? [] : [`${verb.name()} ${names.join(", ")}`];
  });
  const inner = verb.commands.flatMap((command) => {
    const row = new RegExp(`^\\| \`(?:${verb.name()} )?${command.name()}\\b.*$`, "m").exec(text)?.[0];
    if (command.commands.length > 0) return missingFrom(text, command);
    return row === undefined ? [`${verb.name()} ${command.name()}`] : missingFrom(row, command);
  });
  return [...missing, ...inner];
}

/** The defaults of a section's options. */
function rowsOf(section: string): ReadonlyMap<string, string> {
  const rows = section.matchAll(/^\| (`--[^|]+`) \| ([^|]*?) ?\|/gm);
  return new Map(
    Array.from(rows).flatMap(([, names = "", standards = ""]) => {
      const options = names.match(/--[\w-]+/g) ?? [];
      const each = standards.split(", ");
      return options.map((option, at) => [option, each.length > 1 ? (each[at] ?? "") : standards] as const);
    }),
  );
}

function shownDefault({ long, defaultValue, defaultValueDescription, presetArg }: Option): string {
  const setting = SETTINGS.find((each) => `--${optionName(each)}` === long);
  if (setting?.reader.kind === "list") return setting.without ?? "";
  const standard = presetArg ?? defaultValueDescription?.replaceAll('"', "") ?? defaultValue;
  return standard === undefined ? "" : `\`${String(standard)}\``;
}

describe("docs/reference/cli.md", () => {
  const page = readFileSync(resolve(import.meta.dirname, "../../docs/reference/cli.md"), "utf8");

  it("has every verb, and every option where its verb is", () => {
    const missing = VERBS.flatMap((verb) => {
      // The page says that the gateway takes whatever `serve` takes.
      const inherited = verb.name() === "gateway" ? sectionOf(page, serve()) : "";
      return missingFrom(sectionOf(page, verb) + inherited, verb);
    });
    assert.deepEqual(missing, []);
  });

  it("has the default of each option of servers", () => {
    for (const verb of VERBS.filter((each) => ["serve", "gateway", "authorizer"].includes(each.name()))) {
      const rows = rowsOf(sectionOf(page, verb));
      // Whatever `serve` has is in its own section; what is another default there is said above the table.
      for (const option of verb.options) {
        const standard = option.long && rows.get(option.long);
        if (standard === undefined || EVERYWHERE.includes(option.long ?? "")) continue;
        assert.equal(standard, shownDefault(option), `${verb.name()} ${option.flags}`);
      }
    }
  });

  it("has no option that there is not", () => {
    const known = new Set(["--help", ...EVERYWHERE]);
    const collect = ({ options, commands }: Command): void => {
      for (const { short, long } of options) for (const name of [short, long]) if (name) known.add(name);
      for (const command of commands) collect(command);
    };
    for (const verb of VERBS) collect(verb);
    const text = page.slice(page.indexOf("\n## "));
    const said = Array.from(text.matchAll(/(?<![\w-])--[a-z][a-z0-9-]*/g), ([option]) => option);
    assert.deepEqual(
      [...new Set(said)].filter((option) => !known.has(option)),
      [],
    );
  });
});
