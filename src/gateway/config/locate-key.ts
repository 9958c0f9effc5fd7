import { parse } from "smol-toml";

/** A place in a text, both from 1 on. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/**
 * Where a value of a TOML document was written: the first line whose end completes a document that has it. A value
 * that is nowhere stands where what is around it does.
 */
export function locateKey(text: string, path: readonly (string | number)[]): TextPlace {
  const lines = text.split("\n");
  for (let length = path.length; length > 0; length--) {
    const wanted = path.slice(0, length);
    const at = lines.findIndex((_, index) => has(lines.slice(0, index + 1).join("\n"), wanted));
    if (at !== -1) return { line: at + 1, column: columnOf(lines[at] ?? "", wanted) };
  }
  return { line: 1, column: 1 };
}

function has(text: string, path: readonly (string | number)[]): boolean {
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    return false;
  }
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return false;
    value = Reflect.get(value, step);
  }
  return true;
}

/** The last name of the path in its line, else the line's first character. */
function columnOf(line: string, path: readonly (string | number)[]): number {
  const name = path.findLast((step) => typeof step === "string");
  const at = name === undefined ? -1 : line.indexOf(name);
  return (at === -1 ? line.search(/\S/) : at) + 1;
}
