/** A way in which what was typed could go on. */
export interface Completion {
  /** The whole of the search, once it is taken. */
  readonly text: string;
  /** What is new of it. */
  readonly word: string;
  /** What that finds. */
  readonly meaning: string;
}

type Value = readonly [word: string, meaning: string];

const STATES: readonly Value[] = [
  ["state:trusted", "let in"],
  ["state:pending", "waits for an operator"],
  ["state:revoked", "refused for good"],
  ["state:ignored", "refused, and nobody is asked"],
  ["state:retired", "replaced by another key"],
];
const SOURCES: readonly Value[] = [
  ["source:first-use", "came first under its name"],
  ["source:approved", "approved by an operator"],
  ["source:token", "came with a join token"],
  ["source:rotation", "endorsed by its former key"],
  ["source:ca", "vouched for by an authority"],
  ["source:import", "brought as a certificate"],
];
const SEEN: readonly Value[] = [
  ["seen<1h", "seen within an hour"],
  ["seen<1d", "seen within a day"],
  ["seen<30d", "seen within 30 days"],
  ["seen>30d", "not seen for 30 days"],
  ["seen>365d", "not seen for a year"],
  ["seen:never", "has never come"],
];
const BEGINNINGS: readonly Value[] = [
  ["state:", "trusted, pending, revoked, …"],
  ["group:", "in a group"],
  ["seen<", "seen within a time"],
  ["seen>", "not seen for a time"],
  ["seen:never", "has never come"],
  ["source:", "how it came"],
];
const MOST = 8;

/** What could stand instead of the last word that was typed; a `-` before it, for "not", stays. */
export function completeSearch(text: string, groups: readonly string[]): readonly Completion[] {
  const [, before = "", not = "", typed = ""] = /^(.*?)(-?)([^\s]*)$/s.exec(text) ?? [];
  const word = typed.toLowerCase();
  if (word === "") return [];
  return valuesFor(word, groups)
    .filter(([value]) => value.toLowerCase().startsWith(word) && value.toLowerCase() !== word)
    .slice(0, MOST)
    .map(([value, meaning]) => ({
      text: `${before}${not}${value}${/[:<>]$/.test(value) ? "" : " "}`,
      word: `${not}${value}`,
      meaning,
    }));
}

/** Whether its last word is one that the server could not understand yet, since it is being typed. */
export function isUnfinished(text: string): boolean {
  const [, word = ""] = /(?:^|\s)-?(\S*)$/.exec(text.toLowerCase()) ?? [];
  if (/^(?:state|source|group|seen)[:<>]$/.test(word) || /^seen[<>]\d+$/.test(word)) return true;
  return [...STATES, ...SOURCES, ...SEEN].some(
    ([value]) => word.includes(":") && value !== word && value.startsWith(word),
  );
}

function valuesFor(word: string, groups: readonly string[]): readonly Value[] {
  if (word.startsWith("state:")) return STATES;
  if (word.startsWith("source:")) return SOURCES;
  if (/^seen[<>:]/.test(word)) return SEEN;
  if (word.startsWith("group:")) return groups.map((group) => [`group:${quoted(group)}`, `in ${group}`]);
  return BEGINNINGS;
}

function quoted(name: string): string {
  return /[\s"]/.test(name) ? `"${name.replaceAll('"', '\\"')}"` : name;
}
