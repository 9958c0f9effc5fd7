/**
 * A name in a field of HTTP: visible ASCII as it is, but for `%`, quotes, backslash, comma and semicolon; everything
 * else percent-encoded as UTF-8. `decodeURIComponent` and its like give the name back.
 */
export function encodeName(name: string): string {
  return name.replaceAll(/[^!#$&-+\-.-:<-[\]-~]/gu, encode);
}

/** Names in one field: a comma separates them, and stands in none. */
export function encodeNames(names: readonly string[]): string {
  return names.map(encodeName).join(",");
}

function encode(character: string): string {
  const bytes = Buffer.from(character);
  return Array.from(bytes, (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}
