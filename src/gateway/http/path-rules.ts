import { HandclaspError } from "../../errors.ts";
import type { PathRule } from "../config/config.ts";

/** A path as the rules see it and as it is forwarded; undefined for one that may be read in two ways. */
export interface JudgedPath {
  /** Percent-encoding and dots normalised (RFC 3986 §6.2.2); slashes collapsed. */
  readonly path: string;
  /** The rules that have to allow it: none for a path that no rule speaks of. */
  readonly rules: readonly PathRule[];
}

/** Letters, digits and marks that need no decoding, and no segment that begins with a dot. */
const PLAIN = /^(?:\/[\w~-][\w.~-]*)*\/?$/;
/** Decoded, these would be read as the end of a segment or of the text. */
const AMBIGUOUS = /[/\\\0]/;
const PCHAR = /[\w.~!$&'()*+,;=:@-]/;

interface Segment {
  /** Decoded once. */
  readonly text: string;
  /** As it is forwarded. */
  readonly encoded: string;
}

/** Rules of one listener, for paths. The longest one that matches by whole segments decides. */
export class PathRules {
  readonly #rules: readonly { readonly rule: PathRule; readonly segments: readonly string[] }[];

  /** Throws ERR_HANDCLASP_OPTION for a rule whose path is none, or may be read in two ways. */
  constructor(rules: readonly PathRule[]) {
    this.#rules = rules
      .map((rule) => ({ rule, segments: toRuleSegments(rule.path) }))
      .toSorted((one, other) => other.segments.length - one.segments.length);
  }

  get isEmpty(): boolean {
    return this.#rules.length === 0;
  }

  /** `target` is a path with its query, or `*`. Undefined is for 400. */
  judge(target: string): JudgedPath | undefined {
    if (this.isEmpty) return { path: target, rules: [] };
    if (target === "*") return { path: target, rules: this.#of([]) };
    const mark = target.indexOf("?");
    const path = mark === -1 ? target : target.slice(0, mark);
    const query = mark === -1 ? "" : target.slice(mark);
    if (PLAIN.test(path)) return { path: target, rules: this.#of(path.split("/").slice(1)) };
    const segments = collapse(path);
    if (segments === undefined) return undefined;
    const whole = segments.map(({ text }) => text);
    // As an upstream reads it that knows matrix parameters: a segment of nothing else is none.
    const bare = whole.map(withoutParameters).filter((segment, at) => segment !== "" || whole[at] === "");
    if (whole.some((segment) => segment.includes(";") && isDots(withoutParameters(segment))))
      return undefined;
    const rules = [...new Set([...this.#of(whole), ...this.#of(bare)])];
    return { path: `/${segments.map(({ encoded }) => encoded).join("/")}${query}`, rules };
  }

  #of(segments: readonly string[]): readonly PathRule[] {
    const match = this.#rules.find((one) => one.segments.every((segment, at) => segment === segments[at]));
    return match === undefined ? [] : [match.rule];
  }
}

/** Takes a rule's path as it is, or throws ERR_HANDCLASP_OPTION. */
export function parseRulePath(path: string): string {
  toRuleSegments(path);
  return path;
}

/** `/admin/` says the same as `/admin`. */
function toRuleSegments(path: string): readonly string[] {
  const segments = path.startsWith("/") ? collapse(path)?.map(({ text }) => text) : undefined;
  if (segments === undefined) {
    throw new HandclaspError("ERR_HANDCLASP_OPTION", `no rule can be for the path ${JSON.stringify(path)}`, {
      hint: "begin it with a slash; it cannot hold an encoded slash, a backslash or NUL",
    });
  }
  return segments.at(-1) === "" ? segments.slice(0, -1) : segments;
}

/** Segments without empty and dot ones; the last may be empty, for a final slash. */
function collapse(path: string): readonly Segment[] | undefined {
  const segments: Segment[] = [];
  let endsOpen = true;
  for (const raw of path.split("/").slice(1)) {
    const segment = decode(raw);
    if (segment === undefined) return undefined;
    endsOpen = segment.text === "" || isDots(segment.text);
    if (segment.text === "..") segments.pop();
    else if (!endsOpen) segments.push(segment);
  }
  if (endsOpen) segments.push({ text: "", encoded: "" });
  return segments;
}

function decode(raw: string): Segment | undefined {
  let text: string;
  try {
    text = decodeURIComponent(raw);
  } catch {
    return undefined;
  }
  if (AMBIGUOUS.test(text)) return undefined;
  return { text, encoded: raw.replaceAll(/%[0-9A-Fa-f]{2}|[^%]/gu, normalise) };
}

/** What is unreserved is decoded, what is no part of a path is encoded, the rest keeps its meaning. */
function normalise(piece: string): string {
  if (piece.length === 3 && piece.startsWith("%")) {
    const character = String.fromCharCode(Number.parseInt(piece.slice(1), 16));
    return /[\w.~-]/.test(character) ? character : piece.toUpperCase();
  }
  return PCHAR.test(piece) ? piece : encodeURIComponent(piece);
}

function withoutParameters(segment: string): string {
  const at = segment.indexOf(";");
  return at === -1 ? segment : segment.slice(0, at);
}

function isDots(segment: string): boolean {
  return segment === "." || segment === "..";
}
