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
  if (names.every((name, at) => at === 0 || name > (names[at - 1] ?? ""))) return record;
  return Object.fromEntries(names.toSorted().map((name) => [name, record[name] as Value]));
}

const MOST_DEPTH = 16;
/** No runtime enumerates these in another order than they were put there, nor makes them something else than fields. */
const PLAIN_NAME = /^[a-zA-Z]/;

/** Whether `JSON.stringify` writes it in RFC 8785 form: names in their order, and nothing that it would leave out or make another. */
function isInOrder(value: unknown, depth: number): boolean {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || depth === 0) return false;
  if (Array.isArray(value)) return value.every((one) => isInOrder(one, depth - 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  let before = "";
  for (const [name, field] of Object.entries(value)) {
    if (name <= before || !PLAIN_NAME.test(name) || !isInOrder(field, depth - 1)) return false;
    before = name;
  }
  return true;
}
