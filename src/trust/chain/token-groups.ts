import { encodeNames } from "../naming/encode-name.ts";
import type { EventDraft, TrustEvent } from "../records/events.ts";
import type { TokenGroup } from "../records/token-record.ts";

/** The groups of a token in the event of its making; their folds stand beside them where they are another text. */
export function groupsInDetails(groups: readonly TokenGroup[]): EventDraft["details"] {
  if (groups.length === 0) return {};
  const names = encodeNames(groups.map(({ name }) => name));
  const folds = encodeNames(groups.map(({ nameKey }) => nameKey));
  return { groups: names, ...(folds !== names && { groupKeys: folds }) };
}

/** What `groupsInDetails` wrote. */
export function tokenGroupsOf({ details }: TrustEvent): readonly TokenGroup[] {
  const { groups, groupKeys = groups } = details;
  if (typeof groups !== "string") return [];
  const folds = decodeNames(groupKeys ?? groups);
  return decodeNames(groups).map((name, index) => ({ name, nameKey: folds[index] ?? name }));
}

/** What was not written by us is shown as it is. */
function decodeNames(text: string): readonly string[] {
  try {
    return text.split(",").map((name) => decodeURIComponent(name));
  } catch {
    return [text];
  }
}
