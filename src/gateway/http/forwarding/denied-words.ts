import type { PathRule } from "../../config/config.ts";

/** Longer than what is kept of it. */
const MOST_CHARACTERS = 512;

/** What a path rule denied, in words: whose rule it was, then as much as fits of what was asked for. Hostile text. */
export function deniedWords({ path: rule }: PathRule, method: string, target: string): string {
  // Queries carry tokens.
  const mark = target.indexOf("?");
  const path = target.slice(0, mark === -1 ? MOST_CHARACTERS : Math.min(mark, MOST_CHARACTERS));
  return `the rule for ${rule} denied ${method} ${path}`;
}
