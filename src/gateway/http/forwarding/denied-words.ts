/** Longer than what is kept of it. */
const MOST_CHARACTERS = 512;

/** Whose list denied something: that of a path rule, or, when undefined, of the listener. */
export interface Denial {
  readonly rule: string | undefined;
}

/** What a list denied, in words: whose it was, then as much as fits of what was asked for. Hostile text. */
export function deniedWords({ rule }: Denial, method: string, target: string): string {
  // Queries carry tokens.
  const mark = target.indexOf("?");
  const path = target.slice(0, mark === -1 ? MOST_CHARACTERS : Math.min(mark, MOST_CHARACTERS));
  const denying = rule === undefined ? "the listener's list" : `the rule for ${rule}`;
  return `${denying} denied ${method} ${path}`;
}
