const MOST_KNOWN = 1024;
const LONGEST_KNOWN = 64;
const known = new Map<string, string>();

/** A field's name in lower case. The same few names come again and again. */
export function lowerName(name: string): string {
  const kept = known.get(name);
  if (kept !== undefined) return kept;
  const lower = name.toLowerCase();
  if (known.size < MOST_KNOWN && name.length <= LONGEST_KNOWN) known.set(name, lower);
  return lower;
}
