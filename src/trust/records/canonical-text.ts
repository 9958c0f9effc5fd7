import canonicalize from "canonicalize";

/** Plain data as text that says the same for everybody, in RFC 8785 form; bytes are not for it. */
export function toCanonicalText(value: object): string {
  const text = isInOrder(value, MOST_DEPTH) ? JSON.stringify(value) : undefined;
  // Escaped halves of surrogate pairs have no such form: the package says so.
  if (text !== undefined && !text.includes("\\ud")) return text;
  const canonical = canonicalize(value);
  if (canonical === undefined) throw new TypeError("this cannot be written as JSON");
  return canonical;
}

/** The same data as `toCanonicalText` reads it fastest. */
export function inOrder<Value>(record: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  const names = Object.keys(record);
  const sorted = namesInOrder(names);
  return sorted === names ? record : Object.fromEntries(sorted.map((name) => [name, record[name] as Value]));
}

/** The same names in the order of RFC 8785; the same list where they are so. */
export function namesInOrder(names: readonly string[]): readonly string[] {
  for (let at = 1; at < names.length; at++)
    if ((names[at] ?? "") < (names[at - 1] ?? "")) return names.toSorted();
  return names;
}

const MOST_DEPTH = 16;
/** Begins with a letter: no runtime enumerates such names in another order than they were put there, nor makes them something else than fields. */
function isPlain(name: string): boolean {
  // Upper and lower case differ in one bit.
  const first = name.charCodeAt(0) | 0x20;
  return first >= 0x61 && first <= 0x7a;
}

/** Whether `JSON.stringify` writes it in RFC 8785 form: names in their order, and nothing that it would leave out or make another. */
function isInOrder(value: unknown, depth: number): boolean {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || depth === 0) return false;
  if (Array.isArray(value)) return value.every((one) => isInOrder(one, depth - 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  let before = "";
  for (const name of Object.keys(value)) {
    if (name <= before || !isPlain(name)) return false;
    if (!isInOrder((value as Readonly<Record<string, unknown>>)[name], depth - 1)) return false;
    before = name;
  }
  return true;
}
