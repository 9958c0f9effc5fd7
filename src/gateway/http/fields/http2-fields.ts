/** Fields as Node's HTTP/2 takes them. */
export type Http2Fields = Record<string, string | string[]>;

const MOST_KNOWN = 1024;
const LONGEST_KNOWN = 64;
const lowerCase = new Map<string, string>();

/** From names and values in turn: names in lower case (RFC 9113 §8.2), what is there again in a list. */
export function toHttp2Fields(fields: readonly string[]): Http2Fields {
  const object: Http2Fields = Object.create(null);
  for (let at = 0; at < fields.length; at += 2) {
    const name = toLower(fields[at] ?? "");
    const value = fields[at + 1] ?? "";
    const before = object[name];
    if (before === undefined) object[name] = value;
    else if (typeof before === "string") object[name] = [before, value];
    else before.push(value);
  }
  return object;
}

/** The same few names come again and again. */
export function toLower(name: string): string {
  const kept = lowerCase.get(name);
  if (kept !== undefined) return kept;
  const lower = name.toLowerCase();
  if (lowerCase.size < MOST_KNOWN && name.length <= LONGEST_KNOWN) lowerCase.set(name, lower);
  return lower;
}
