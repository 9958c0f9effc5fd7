import { nameKey } from "../../trust/naming/peer-name.ts";
import type { GatewayConfig } from "./config.ts";
import { GROUP_PREFIX } from "../../trust/naming/list-words.ts";

/** A group that a list names, and where: as keys and indices from the top of the file. */
interface NamedGroup {
  readonly group: string;
  readonly path: readonly (string | number)[];
}

/** The groups in the lists of a configuration that was read from a file, in their order. */
export function namedGroups({ listeners }: GatewayConfig): readonly NamedGroup[] {
  return listeners.flatMap(({ allow = [], paths }, at) => [
    ...groupsIn(allow, ["listener", at, "allow"]),
    ...paths.flatMap((rule, index) => groupsIn(rule.allow, ["listener", at, "path", index, "allow"])),
  ]);
}

/** Those that nobody is in, of groups by folded name. */
export function unknownGroups(
  named: readonly NamedGroup[],
  known: ReadonlySet<string>,
): readonly NamedGroup[] {
  return named.filter(({ group }) => !known.has(nameKey(group)));
}

function groupsIn(allow: readonly string[], path: NamedGroup["path"]): readonly NamedGroup[] {
  return allow.flatMap((entry, at) =>
    entry.startsWith(GROUP_PREFIX) ? [{ group: entry.slice(GROUP_PREFIX.length), path: [...path, at] }] : [],
  );
}
