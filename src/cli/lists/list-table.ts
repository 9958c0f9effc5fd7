import { textWidth } from "../terminal/prose.ts";

export interface Column {
  readonly title: string;
  /** Names and the like: the column may be narrower than they are, so that lines fit. Default false. */
  readonly isFree?: true;
  /** Most rows have nothing in it: there is no such column where the first page has nothing. Default false. */
  readonly isSparse?: true;
}

const GAP = 2;
const LEAST = 8;
const INDENT = 2;

/**
 * A table whose rows come page by page. The first page decides how wide its columns are, so that lines fit. Nothing is
 * ever cut off, since people copy what they see: what a longer cell leaves no room for stands on the next line.
 */
export class ListTable {
  readonly #columns: readonly Column[];
  readonly #width: number;
  #starts: readonly number[] | undefined;

  constructor(columns: readonly Column[], width: number) {
    this.#columns = columns;
    this.#width = width;
  }

  /** The lines of some rows; before the first the titles. */
  lines(rows: readonly (readonly string[])[]): readonly string[] {
    const isFirst = this.#starts === undefined;
    const titles = this.#columns.map(({ title, isSparse }, at) =>
      isSparse === true && rows.every((row) => row[at] === "") ? "" : title,
    );
    const starts = (this.#starts ??= startsOf(this.#columns, [titles, ...rows], this.#width));
    return (isFirst ? [titles, ...rows] : rows).flatMap((row) => this.#lay(row, starts));
  }

  #lay(row: readonly string[], starts: readonly number[]): readonly string[] {
    const lines: string[] = [];
    let line = "";
    let end = 0;
    for (const [at, cell] of row.entries()) {
      if (cell === "") continue;
      const room = this.#width - textWidth(cell);
      const aligned = starts[at] ?? 0;
      let start = line === "" ? aligned : Math.max(aligned, end + GAP);
      if (start > room) {
        if (line !== "") lines.push(line);
        line = "";
        end = 0;
        start = Math.min(aligned, Math.max(room, INDENT));
      }
      line += " ".repeat(start - end) + cell;
      end = start + textWidth(cell);
    }
    return [...lines, line];
  }
}

/** Where each column begins; the first row has the titles. What the last one holds is as long as it likes. */
function startsOf(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): readonly number[] {
  const widths = columns.map((_column, at) => {
    const cells = (at === columns.length - 1 ? rows.slice(0, 1) : rows).map((row) =>
      textWidth(row[at] ?? ""),
    );
    return Math.max(...cells);
  });
  const sum = (): number => widths.reduce((total, column) => total + withGap(column), -GAP);
  for (let over = sum() - width; over > 0; over--) {
    const widest = columns.reduce((found, { isFree }, at) => {
      const isWider = isFree === true && (widths[at] ?? 0) > (widths[found] ?? LEAST);
      return isWider ? at : found;
    }, -1);
    if (widest === -1) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  let start = 0;
  return widths.map((column) => {
    const here = start;
    start += withGap(column);
    return here;
  });
}

function withGap(column: number): number {
  return column === 0 ? 0 : column + GAP;
}
