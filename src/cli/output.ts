// The one place that prints. Data goes to stdout, everything else to stderr; colours only on a terminal.
import { isHandclaspError } from "../errors.ts";
import { escapeText } from "../trust/peer-name.ts";

const MOST_BYTES = 64 * 1024;

/** Prints data for people. Hostile text must have been escaped by whoever made the line. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Prints data for programs. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, process.stdout.isTTY ? 2 : 0)}\n`);
}

/** Prints progress and logs. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Prints `error:` and, when there is something to do about it, `hint:`. */
export function printError(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  const lines = message.split("\n").map((line) => escapeText(line, MOST_BYTES));
  say(`${paint("error:", RED)} ${lines.join("\n")}`);
  if (isHandclaspError(error)) {
    if (error.hint !== undefined) say(`${paint("hint:", BOLD)} ${error.hint}`);
  } else if (process.env["HANDCLASP_DEBUG"] !== undefined && error instanceof Error) {
    say(error.stack ?? "");
  }
}

/** Columns as wide as their widest cell, two spaces apart. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  return rows.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ").trimEnd()).join("\n");
}

const RED = 31;
const BOLD = 1;

function paint(text: string, code: number): string {
  const colours = process.stderr.isTTY && (process.env["NO_COLOR"] ?? "") === "";
  return colours ? `\u001b[${code}m${text}\u001b[0m` : text;
}
