import { parseDuration } from "../duration.ts";
import { HandclaspError } from "../errors.ts";
import { escapeText, nameKey } from "../trust/naming/peer-name.ts";
import type { KeySource, KeyState } from "../trust/records/key-record.ts";
import type { KeyFilter } from "../trust/port/roll.ts";

const STATES: readonly KeyState[] = ["pending", "trusted", "revoked", "ignored", "retired"];
const SOURCES: readonly KeySource[] = ["first-use", "approved", "token", "rotation", "ca", "import"];
/** Other words for ways to be trusted. */
const ALSO: Readonly<Record<string, KeySource>> = { join: "token" };

const MOST = 1000;
/** What a term is made of: `-`, its field, how it is compared, its value. Quotes hold a value with spaces together. */
const TERM = /(-?)(state|source|group|seen)([:<>])(?:"([^"]*)"(?=\s|$)|(\S*))/iy;
/** What would be a term, and is meant letter by letter. */
const QUOTED = /"(-?(?:state|source|group|seen)[:<>][^"]*)"(?=\s|$)/iy;
const WORD = /\S+/y;
const SPACE = /\s*/y;

/** What was typed to find keys, understood. */
export type TypedFilter = Pick<
  KeyFilter,
  "search" | "state" | "source" | "groups" | "notGroups" | "seenBefore" | "seenSince"
>;

interface Term {
  /** From where on in the text it stands, and how long it is. */
  readonly at: number;
  readonly text: string;
  readonly isNot: boolean;
  readonly field: string;
  readonly than: string;
  readonly value: string;
}

/**
 * Reads `state:trusted -group:lab seen<30d anna smith`; `now` is milliseconds since the epoch. Whatever is no term is looked
 * for as it stands. Throws ERR_HANDCLASP_OPTION for a term that cannot be, with `at` and `length` of it in the text.
 */
export function parseSearch(text: string, now: number): TypedFilter {
  if (text.length > MOST) {
    throw new HandclaspError(
      "ERR_HANDCLASP_OPTION",
      `a search has at most ${MOST} characters, not ${text.length}`,
      { hint: "search for a part of it" },
    );
  }
  const { terms, words, isPlain } = split(text);
  // What holds no term means what it always did, spaces and all.
  if (isPlain) return { search: text };
  const plain = words.join(" ");
  return {
    ...(plain !== "" && { search: plain }),
    ...amongOf(terms, "state", STATES),
    ...amongOf(terms, "source", SOURCES),
    ...groupsOf(terms),
    ...seenOf(terms, now),
  };
}

/** The same, of keys in one state only. */
export function onlyIn(state: KeyState, typed: TypedFilter): TypedFilter {
  return { ...typed, state: typed.state === undefined || [typed.state].flat().includes(state) ? state : [] };
}

/** What could be meant by a text that is being typed: the same with its last word brought to an end. Throws nothing. */
export function suggestSearches(text: string, groups: readonly string[] = []): readonly string[] {
  const [, before = "", isNot = "", word = ""] = /^((?:.*\s)?)(-?)(\S*)$/s.exec(text.slice(0, MOST)) ?? [];
  if (word === "") return [];
  const named = groups.map((group) => `group:${/\s/.test(group) ? `"${group}"` : group}`);
  const endings = [
    ...STATES.map((state) => `state:${state}`),
    ...SOURCES.map((source) => `source:${source}`),
    "seen<1d",
    "seen<30d",
    "seen>30d",
    "seen:never",
    ...named,
  ];
  const begun = nameKey(word);
  const fields = ["state:", "source:", "group:", "seen<", "seen>"];
  const isField = fields.some((field) => begun.startsWith(field) || begun === "seen:");
  const meant = (isField ? endings : [...fields, ...endings]).filter((ending) => {
    const whole = nameKey(ending);
    return whole !== begun && (whole.startsWith(begun) || whole.replaceAll('"', "").startsWith(begun));
  });
  const shown = isField ? meant : meant.filter((ending) => fields.includes(ending));
  return shown.slice(0, 10).map((ending) => `${before}${isNot}${ending}`);
}

interface SplitText {
  readonly terms: readonly Term[];
  readonly words: readonly string[];
  /** Whether it holds nothing but words. */
  readonly isPlain: boolean;
}

function split(text: string): SplitText {
  const terms: Term[] = [];
  const words: string[] = [];
  let isPlain = true;
  let at = 0;
  const next = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text) ?? undefined;
    at = found === undefined ? at : pattern.lastIndex;
    return found;
  };
  next(SPACE);
  while (at < text.length) {
    const from = at;
    const term = next(TERM);
    if (term === undefined) {
      const quoted = next(QUOTED)?.[1];
      isPlain &&= quoted === undefined;
      words.push(quoted ?? next(WORD)?.[0] ?? "");
    } else {
      isPlain = false;
      const [whole, minus = "", field = "", than = "", quoted, bare = ""] = term;
      const isNot = minus !== "";
      terms.push({ at: from, text: whole, isNot, field: field.toLowerCase(), than, value: quoted ?? bare });
    }
    next(SPACE);
  }
  return { terms, words, isPlain };
}

function amongOf(
  terms: readonly Term[],
  field: "state" | "source",
  all: readonly (KeyState | KeySource)[],
): Partial<TypedFilter> {
  const wanted = new Set<string>();
  const barred = new Set<string>();
  for (const term of terms) {
    if (term.field !== field) continue;
    const typed = term.value.toLowerCase();
    const value = field === "source" ? (ALSO[typed] ?? typed) : typed;
    if (term.than !== ":" || !all.some((one) => one === value)) {
      throw wrong(term, `${field}: takes ${all.join(", ")}`);
    }
    (term.isNot ? barred : wanted).add(value);
  }
  if (wanted.size + barred.size === 0) return {};
  const left = all.filter((one) => (wanted.size === 0 || wanted.has(one)) && !barred.has(one));
  return { [field]: left };
}

function groupsOf(terms: readonly Term[]): Partial<TypedFilter> {
  const groups = new Set<string>();
  const notGroups = new Set<string>();
  for (const term of terms) {
    if (term.field !== "group") continue;
    const group = nameKey(term.value);
    // Of one that stands in quotes, none is left.
    const isName = group !== "" && !group.includes('"');
    if (term.than !== ":" || !isName) throw wrong(term, 'group: takes a name: group:lab, group:"front desk"');
    (term.isNot ? notGroups : groups).add(group);
  }
  return {
    ...(groups.size > 0 && { groups: [...groups] }),
    ...(notGroups.size > 0 && { notGroups: [...notGroups] }),
  };
}

function seenOf(terms: readonly Term[], now: number): Partial<TypedFilter> {
  let [seenBefore, seenSince] = [Infinity, -Infinity];
  for (const term of terms) {
    if (term.field !== "seen") continue;
    const moment = term.than === ":" ? neverOf(term) : now - lengthOf(term);
    // Less than 30 days ago is since then; never is before everything.
    const isSince = (term.than === "<") !== term.isNot;
    if (isSince) seenSince = Math.max(seenSince, moment);
    else seenBefore = Math.min(seenBefore, moment);
  }
  return {
    ...(seenBefore !== Infinity && { seenBefore }),
    ...(seenSince !== -Infinity && { seenSince }),
  };
}

function neverOf(term: Term): number {
  if (term.value.toLowerCase() === "never") return 0;
  throw wrong(term, SEEN);
}

function lengthOf(term: Term): number {
  try {
    return parseDuration(term.value);
  } catch {
    throw wrong(term, SEEN);
  }
}

const SEEN =
  "seen takes a length of time: seen<30d for the last 30 days, seen>30d for longer ago or never, seen:never";

function wrong({ at, text }: Term, hint: string): HandclaspError {
  return new HandclaspError(
    "ERR_HANDCLASP_OPTION",
    `"${escapeText(text)}", at character ${at + 1} of the search, cannot be`,
    { hint: `${hint}; in quotes it is looked for as it stands`, details: { at, length: text.length } },
  );
}
