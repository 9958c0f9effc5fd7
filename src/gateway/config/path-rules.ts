import { HandclaspError } from "../../errors.ts";
import { foldCase, readingsOf } from "./path-readings.ts";

/** Letters, digits and marks that need no decoding, and no segment that begins or ends with a dot or is empty. */
const PLAIN = /^(?:\/[\w~-]+(?:\.+[\w~-]+)*)*\/?$/;
/** Decoded, these would be read as the end of a segment or of the text. */
const AMBIGUOUS = /[/\\\0]/;

/** What there is of a rule here. */
interface OfPath {
  readonly path: string;
}

interface Segmented<Rule> {
  readonly rule: Rule;
  readonly segments: readonly string[];
  readonly folded: readonly string[];
}

/**
 * Rules of one listener, for paths. The longest one that matches by whole segments decides, for each way in which a path
 * may be read.
 */
export class PathRules<Rule extends OfPath> {
  /** The longest first. */
  readonly #rules: readonly Segmented<Rule>[];

  /**
   * `rest` is the rule for all that none of the others speaks of. Throws ERR_HANDCLASP_OPTION for a rule whose path is none,
   * or may be read in two ways.
   */
  constructor(rules: readonly Rule[], rest?: Rule) {
    const segmented = rules.map((rule) => {
      const segments = toRuleSegments(rule.path);
      return { rule, segments, folded: segments.map(foldCase) };
    });
    const isComplete = rest === undefined || segmented.some(({ segments }) => segments.length === 0);
    if (!isComplete) segmented.push({ rule: rest, segments: [], folded: [] });
    this.#rules = segmented.toSorted((one, other) => other.segments.length - one.segments.length);
  }

  get isEmpty(): boolean {
    return this.#rules.length === 0;
  }

  /**
   * The rules that have to allow a path with its query, or `*`: none for a path that no rule speaks of. Undefined is
   * for 400.
   */
  judge(target: string): readonly Rule[] | undefined {
    if (this.isEmpty) return [];
    const mark = target.indexOf("?");
    const path = mark === -1 ? target : target.slice(0, mark);
    if (target === "*" || PLAIN.test(path)) return this.#of(path);
    const readings = readingsOf(path);
    return readings && [...new Set(readings.flatMap((reading) => this.#of(reading)))];
  }

  /** As a server reads it that knows case, and as one that does not. */
  #of(path: string): readonly Rule[] {
    const segments = path.split("/").slice(1);
    const folded = segments.map(foldCase);
    const exact = this.#rules.find((one) => isBelow(segments, one.segments));
    const longest = this.#rules.find((one) => isBelow(folded, one.folded))?.segments.length;
    const rules = this.#rules.filter(
      (one) => one === exact || (one.segments.length === longest && isBelow(folded, one.folded)),
    );
    return rules.map(({ rule }) => rule);
  }
}

function isBelow(path: readonly string[], rule: readonly string[]): boolean {
  return rule.every((segment, at) => segment === path[at]);
}

/** Takes a rule's path as it is, or throws ERR_HANDCLASP_OPTION. */
export function parseRulePath(path: string): string {
  toRuleSegments(path);
  return path;
}

/** `/admin/` says the same as `/admin`. */
function toRuleSegments(path: string): readonly string[] {
  const segments = path.startsWith("/") ? collapse(path) : undefined;
  if (segments === undefined) {
    throw new HandclaspError("ERR_HANDCLASP_OPTION", `no rule can be for the path ${JSON.stringify(path)}`, {
      hint: "begin it with a slash; it cannot hold an encoded slash, a backslash or NUL",
    });
  }
  return segments;
}

/** Decoded, without empty and dot ones; undefined for what may be read in two ways. */
function collapse(path: string): readonly string[] | undefined {
  const segments: string[] = [];
  for (const raw of path.split("/")) {
    const segment = decode(raw);
    if (segment === undefined) return undefined;
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment);
  }
  return segments;
}

function decode(raw: string): string | undefined {
  try {
    const text = decodeURIComponent(raw);
    return AMBIGUOUS.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
