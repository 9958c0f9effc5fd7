/** Stands for a space at which no line may end; texts from outside never hold it: `escapeText` leaves no such space. */
const GLUE = "\u00a0";
const COLUMNS = 80;
const LEAST_COLUMNS = 20;
/** A command on a line of its own. */
const COMMAND_INDENT = "  ";
const PART_INDENT = "    ";
/** Two columns wide on a terminal. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]/u;

/** How many columns a line for people may take: what COLUMNS says, else what the terminal has, else 80. */
export function columnsOf(stream: { readonly columns?: number }): number {
  const said = Number(process.env["COLUMNS"]);
  const columns = Number.isSafeInteger(said) && said > 0 ? said : (stream.columns ?? COLUMNS);
  return columns === 0 ? COLUMNS : Math.max(LEAST_COLUMNS, columns);
}

/** The same for rows of a list: where no terminal reads, each is one line, however long, unless COLUMNS says otherwise. */
export function rowColumnsOf(stream: { readonly isTTY?: boolean; readonly columns?: number }): number {
  const isSaid = (process.env["COLUMNS"] ?? "") !== "";
  return stream.isTTY === true || isSaid ? columnsOf(stream) : Infinity;
}

/** How many columns a text takes on a terminal. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (!/\p{M}/u.test(character)) width += WIDE.test(character) ? 2 : 1;
  }
  return width;
}

/** Parts of a record two spaces apart, in lines of at most `width` columns where the parts are no longer than that. */
export function inLines(parts: readonly string[], width: number): string {
  const lines: string[] = [];
  let line = "";
  for (const part of parts) {
    const longer = line === "" ? part : `${line}  ${part}`;
    if (line !== "" && textWidth(longer) > width) {
      lines.push(line);
      line = `${PART_INDENT}${part}`;
    } else line = longer;
  }
  return [...lines, line].join("\n");
}

/** A part of a text that `wrapped` never breaks: a command line that somebody is to copy. */
export function whole(command: string): string {
  return command.replaceAll(" ", GLUE);
}

/** A text that may have such parts on one line, as programs get it. */
export function flat(text: string): string {
  return text.replaceAll(GLUE, " ");
}

/**
 * A paragraph in lines of at most `width` columns, broken at words. A command of ours has a line of its own, without
 * the mark that ends its clause; only such a line and one of a single word may be longer.
 */
export function wrapped(text: string, width: number, indent: string = ""): string {
  const lines: string[] = [];
  let line = "";
  const flush = (): void => {
    if (line !== "") lines.push(`${indent}${line}`);
    line = "";
  };
  for (const word of text.split(" ")) {
    if (word.startsWith(`handclasp${GLUE}`)) {
      flush();
      lines.push(`${indent}${COMMAND_INDENT}${flat(word).replace(/[;.,]$/, "")}`);
      continue;
    }
    if (line !== "" && textWidth(indent) + textWidth(line) + 1 + textWidth(word) > width) flush();
    line = line === "" ? flat(word) : `${line} ${flat(word)}`;
  }
  flush();
  return lines.join("\n");
}
