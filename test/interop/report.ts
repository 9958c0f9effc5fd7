import { ALERT_TITLES, type Cell, type Mark, TITLES } from "./cases.ts";
import type { Stack, TlsVersion } from "./stack.ts";

/** A stack in one version of TLS. */
export interface Row {
  readonly stack: Stack;
  /** Of its TLS library. */
  readonly installed: string;
  readonly version: TlsVersion;
  readonly cells: ReadonlyMap<string, Cell>;
}

const MARKS: Readonly<Record<Mark, string>> = {
  yes: "yes",
  named: "named",
  unnamed: "not named",
  no: "no",
  wrong: "**WRONG**",
};

/** The matrix as a table in Markdown, with a footnote for each cell that a stack cannot fill. */
export function matrix(rows: readonly Row[]): string {
  const notes: string[] = [];
  const lines = rows.map(({ stack, installed, version, cells }) => {
    const marks = TITLES.map((title) => {
      const cell = cells.get(title);
      if (cell === undefined) return "";
      return MARKS[cell.mark] + (cell.why === undefined ? "" : ` (${noteNumber(notes, cell.why)})`);
    });
    return `| ${[stack.name, `${stack.library}, ${installed}`, version.slice("TLSv".length), ...marks].join(" | ")} |`;
  });
  const titles = TITLES.map((title) => (title.includes("_") ? `\`${title}\`` : title));
  return [
    `| ${["client", "TLS library", "TLS", ...titles].join(" | ")} |`,
    `|${"---|".repeat(TITLES.length + 3)}`,
    ...lines,
    "",
    ...notes.map((note, index) => `${index + 1}. ${note}`),
  ].join("\n");
}

/** What each stack said for each alert: a list in Markdown, with the versions of TLS that it said it in. */
export function words(rows: readonly Row[]): string {
  const stacks = [...new Set(rows.map(({ stack }) => stack))];
  return stacks
    .map((stack) => {
      const own = rows.filter((row) => row.stack === stack);
      return [`**${stack.name}**`, "", ...ALERT_TITLES.flatMap((title) => saidFor(title, own)), ""].join(
        "\n",
      );
    })
    .join("\n")
    .trimEnd();
}

function saidFor(title: string, rows: readonly Row[]): readonly string[] {
  const versionsOf = new Map<string, string[]>();
  for (const { version, cells } of rows) {
    const cell = cells.get(title);
    const said = cell === undefined || cell.mark === "wrong" ? "?" : steady(cell.said);
    versionsOf.set(said, [...(versionsOf.get(said) ?? []), version.slice("TLSv".length)]);
  }
  return Array.from(
    versionsOf,
    ([said, versions]) => `- \`${title}\`, ${versions.join(" and ")}: \`${said}\``,
  );
}

/** Without what is another one each time: addresses in memory, ports, times. */
function steady(said: string): string {
  return said
    .slice(0, 300)
    .replaceAll("`", "'")
    .replace(/(?<![0-9A-F])[0-9A-F]{16}(?=:)/, "…")
    .replace(/0x[0-9a-f]{6,}/, "…")
    .replace(/localhost:\d+/, "localhost:…")
    .replace(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /, "");
}

/** Everything about the cells that are wrong. */
export function failures(rows: readonly Row[]): readonly string[] {
  return rows.flatMap(({ stack, version, cells }) =>
    Array.from(cells)
      .filter(([, { mark }]) => mark === "wrong")
      .map(([title, { said }]) => `${stack.name}, ${version}, ${title}:\n${said}`),
  );
}

function noteNumber(notes: string[], note: string): number {
  if (!notes.includes(note)) notes.push(note);
  return notes.indexOf(note) + 1;
}
