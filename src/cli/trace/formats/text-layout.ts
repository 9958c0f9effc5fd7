/** Where the facts of a message begin, in columns. */
const FACTS_AT = 36;
const TIME_WIDTH = 10;
const WIDTH = 112;
const MOST_LINES = 3;

/** One thing that matters in a message, below its line: a label and the lines beside it. */
export interface Detail {
  readonly label: string;
  readonly lines: readonly string[];
}

/** `   0.003 s  ← ServerHello           TLS 1.3, …`: time since the connection's start, who, what. */
export function layOut(
  sinceStartMs: number,
  arrow: string,
  name: string,
  facts: string,
  details: readonly Detail[] = [],
): string {
  const time = `${(Math.max(0, sinceStartMs) / 1000).toFixed(3)} s`.padStart(TIME_WIDTH);
  const begin = `${time}  ${arrow} ${name}`;
  const head = facts === "" ? begin : `${begin.padEnd(FACTS_AT - 1)} ${facts}`;
  return [head.trimEnd(), ...details.flatMap(layOutDetail)].join("\n");
}

function layOutDetail({ label, lines }: Detail): readonly string[] {
  const indent = " ".repeat(TIME_WIDTH + 6);
  return lines.map((line, at) =>
    `${indent}${at === 0 ? label : ""}`
      .padEnd(FACTS_AT - 1)
      .concat(" ", line)
      .trimEnd(),
  );
}

/** A list in lines of a fixed width; of a long one its beginning, and how many more there are. */
export function listLines(items: readonly string[], mostLines: number = MOST_LINES): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const [at, item] of items.entries()) {
    const longer = line === "" ? item : `${line}, ${item}`;
    if (line === "" || longer.length <= WIDTH - FACTS_AT) {
      line = longer;
      continue;
    }
    const rest = items.length - at;
    if (lines.length + 1 === mostLines) return [...lines, `${line}, and ${rest} more`];
    lines.push(`${line},`);
    line = item;
  }
  return line === "" ? lines : [...lines, line];
}
