// The one place that prints. Data goes to stdout, everything else to stderr; colours only on a terminal.
import { type HandclaspError, isHandclaspError, reasonOf } from "../../errors.ts";
import type { Explanation } from "../../explain/explanation.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";
import { explanationsText } from "./explanations-text.ts";
import { hintText } from "./hint-text.ts";
import { columnsOf, wrapped } from "./prose.ts";
import { stderr, stdout } from "./way-out.ts";

const MOST_BYTES = 64 * 1024;
/** A key id, which is the name of whoever claims none, is shown whole. */
const MOST_NAME_BYTES = 72;

/** Prints data for people. Hostile text must have been escaped by whoever made the line. */
export function print(line: string): void {
  printBytes(`${line}\n`);
}

/** Prints data as it is. */
export function printBytes(bytes: string | Uint8Array): void {
  stdout.write(bytes);
}

/** Waits until all is written; false when somebody reads too slowly to be waited for. */
export async function settleOutput(): Promise<boolean> {
  return (await stdout.settle()) && (await stderr.settle());
}

/** Prints data for programs; indented on a terminal. */
export function printJson(value: unknown): void {
  print(toJsonText(value, process.stdout.isTTY ? 2 : 0));
}

/** Prints one of many values, each on a line of its own. */
export function printJsonLine(value: unknown): void {
  print(toJsonLine(value));
}

/** A value as one line of JSON without its end, fit to be shown. */
export function toJsonLine(value: unknown): string {
  return toJsonText(value, 0);
}

/** A time for people, to the second; `-` when there is none. */
export function showTime(at: number | null): string {
  return at === null ? "-" : new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}

/** A time for a table, to the minute before it. */
export function showMinute(at: number | null): string {
  return at === null ? "-" : new Date(at).toISOString().replace(/:[\d.]+Z$/, "Z");
}

/** A name for people, short enough for a table. */
export function showName(name: string): string {
  return escapeText(name, MOST_NAME_BYTES);
}

/** Prints progress and logs, if they can be printed: what a full disk or a reader that is gone keeps from us is lost. */
export function say(line: string): void {
  stderr.write(`${line}\n`);
}

let errorsAreJson = false;

/** From now on an error is one line of JSON, for programs that read ours. */
export function printErrorsAsJson(isWanted: boolean): void {
  errorsAreJson = isWanted;
}

/** Prints `error:` and, when there is something to do about it, `hint:`; under `--json` one line. */
export function printError(error: unknown): void {
  const message = reasonOf(error);
  if (errorsAreJson) {
    const hint = hintText(error) ?? null;
    say(toJsonLine({ error: { code: codeOf(error), message, hint } }));
    return;
  }
  const lines = message.split("\n").map((line) => escapeText(line, MOST_BYTES));
  if (isHandclaspError(error))
    lines[0] = lines[0]?.replace(/:?$/, (colon) => ` [${error.code}]${colon}`) ?? "";
  say(`${paint("error:", RED)} ${lines.join("\n")}`);
  if (isHandclaspError(error)) {
    const hint = hintLines(error);
    if (hint !== undefined) say(hint.replace(/^hint:/, (label) => paint(label, BOLD)));
  } else if (process.env["HANDCLASP_DEBUG"] !== undefined && error instanceof Error) {
    say(error.stack ?? "");
  }
}

/** Ours, or the one that the system or Node gave it; null when nobody gave it any. */
function codeOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  return "code" in error && typeof error.code === "string" ? error.code : codeOf(error.cause);
}

/** An explanation is laid out; any other hint stands on one line, as it was made: it may be a command. */
function hintLines(error: HandclaspError): string | undefined {
  const { explanation } = error.details;
  if (Array.isArray(explanation)) {
    return wrapped(`hint: ${explanationsText(explanation as Explanation[])}`, columnsOf(process.stderr));
  }
  const hint = hintText(error);
  return hint && `hint: ${hint}`;
}

/** Columns as wide as their widest cell, two spaces apart. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** A value as JSON. What JSON leaves as it is and a terminal acts on is written as its `\\u` escapes: the value stays the same. */
export function toJsonText(value: unknown, indent: number): string {
  return JSON.stringify(value, null, indent).replaceAll(/(?!\n)[\p{C}\p{Zl}\p{Zp}\p{DI}]/gu, (character) => {
    const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
  });
}

const RED = 31;
const BOLD = 1;

function paint(text: string, code: number): string {
  const colours = process.stderr.isTTY && (process.env["NO_COLOR"] ?? "") === "";
  return colours ? `\u001b[${code}m${text}\u001b[0m` : text;
}
