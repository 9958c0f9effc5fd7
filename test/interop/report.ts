import { type Cell, type Mark, TITLES } from "./cases.ts";
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

/** What each stack said when it was told that its key is revoked. */
export function words(rows: readonly Row[]): string {
  const lines = rows.map(({ stack, version, cells }) => {
    const said = cells.get("certificate_revoked")?.said.slice(0, 300) ?? "";
    return `${stack.name}, ${version.slice("TLSv".length)}: ${said}`;
  });
  return lines.join("\n");
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
