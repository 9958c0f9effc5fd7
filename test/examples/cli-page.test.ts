import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, it } from "node:test";
import type { Command } from "commander";
import { command as serve } from "../../src/cli/serve.ts";
import { commandTree } from "../../src/cli/verbs.ts";

const VERBS = (await commandTree()).commands;
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
