import type { Remedy } from "../../remedy.ts";
import { toKeyId } from "../../trust/naming/key-id.ts";
import { hasNothing, type KnownNode, type NodeListener } from "../../trust/port/node-roster.ts";
import type { KeyPin } from "../../trust/records/key-record.ts";
import { doubledText, durationText } from "./replication-trouble.ts";

/** What machines that share their trust do not have in common, though they should. */
export interface NodeDifference {
  readonly kind: "unequal" | "doubled" | "named-alike" | "server-keys" | "rules" | "silent";
  readonly problem: string;
  readonly remedies: readonly Remedy[];
}

/** A machine says each second that it is there. */
const SILENT_MS = 60_000;

/** What differs between machines, the gravest first. `now` is milliseconds since the epoch, by the clock of the roster. */
export function differencesOf(nodes: readonly KnownNode[], now: number): readonly NodeDifference[] {
  const present = nodes.filter(({ seenAt }) => now - seenAt < SILENT_MS);
  return [
    ...unequal(nodes),
    ...doubled(present),
    ...namedAlike(present),
    ...serverKeys(present),
    ...rules(present),
    ...silent(nodes, now),
  ];
}

function unequal(nodes: readonly KnownNode[]): readonly NodeDifference[] {
  const standing = nodes.filter((node) => !hasNothing(node));
  return [...Map.groupBy(standing, ({ position }) => position)].flatMap(([position, equallyFar]) => {
    const standings = Map.groupBy(
      equallyFar,
      ({ head, digest }) => `${head.sequence} ${head.hash} ${digest}`,
    );
    if (standings.size < 2) return [];
    const sides = [...standings.values()].map((side) => side.map(({ name }) => name).join(", ")).join(" | ");
    return {
      kind: "unequal" as const,
      problem: `by the same ${position} changes machines came to something else: ${sides}`,
      remedies: [{ act: "check-store" as const, at: "server" as const }],
    };
  });
}

function doubled(nodes: readonly KnownNode[]): readonly NodeDifference[] {
  return nodes
    .filter(({ isDoubled }) => isDoubled === true)
    .map(({ name }) => ({ kind: "doubled", problem: doubledText(name), remedies: [] }));
}

function namedAlike(nodes: readonly KnownNode[]): readonly NodeDifference[] {
  return Array.from(Map.groupBy(nodes, ({ name }) => name))
    .filter(([, alike]) => alike.length > 1)
    .map(([name, alike]) => ({
      kind: "named-alike",
      problem: `${alike.length} machines are called ${name}: ${alike.map(({ id }) => id).join(", ")}`,
      remedies: [{ act: "name-machine", at: "server" }],
    }));
}

interface Shown {
  readonly name: string;
  readonly listener: NodeListener;
}

/** Behind one address there is one port as a rule; where no two machines have one in common, there is no telling but by all. */
function serverKeys(nodes: readonly KnownNode[]): readonly NodeDifference[] {
  const shown: readonly Shown[] = nodes.flatMap(({ name, listeners }) =>
    listeners.map((listener) => ({ name, listener })),
  );
  const byPort = Map.groupBy(shown, ({ listener: { address, port } }) =>
    address === "proxy" ? address : port,
  );
  const isOnePortEach = [...byPort.values()].every(
    (group) => new Set(group.map(({ name }) => name)).size === 1,
  );
  if (isOnePortEach) return haveOneInCommon(nodes) ? [] : differing("clients", shown);
  return [...byPort].flatMap(([port, group]) =>
    differing(port === "proxy" ? "proxies" : `port ${port}`, group),
  );
}

function haveOneInCommon(nodes: readonly KnownNode[]): boolean {
  const sets = nodes.filter(({ listeners }) => listeners.length > 0).map(pinsOf);
  return sets.every((pins) => sets.every((others) => [...pins].some((pin) => others.has(pin))));
}

function pinsOf({ listeners }: KnownNode): ReadonlySet<KeyPin> {
  return new Set(listeners.map(({ pin }) => pin));
}

function differing(where: string, shown: readonly Shown[]): readonly NodeDifference[] {
  const byPin = Map.groupBy(shown, ({ listener }) => listener.pin);
  if (byPin.size < 2) return [];
  const keys = Array.from(byPin, ([pin, group]) => {
    const names = new Set(group.map(({ name }) => name));
    return `${[...names].join(", ")} ${names.size === 1 ? "shows" : "show"} ${toKeyId(pin).slice(0, KEY_ID_START)}`;
  });
  const problem = `machines show ${where} different keys: ${keys.join("; ")}. Behind one address, clients that know one refuse the other`;
  return [{ kind: "server-keys", problem, remedies: [{ act: "share-server-key", at: "server" }] }];
}

function rules(nodes: readonly KnownNode[]): readonly NodeDifference[] {
  const newest = Math.max(0, ...nodes.map((node) => node.rules));
  const older = nodes
    .filter((node) => node.rules < newest)
    .map(({ name, version }) => `${name} (${version})`);
  if (older.length === 0) return [];
  const problem = `rules ${newest} have to wait for ${older.join(", ")}`;
  return [{ kind: "rules", problem, remedies: [{ act: "update", at: "server" }] }];
}

function silent(nodes: readonly KnownNode[], now: number): readonly NodeDifference[] {
  return nodes
    .filter(({ seenAt }) => now - seenAt >= SILENT_MS)
    .map((node) => ({ name: nameAmong(nodes, node), seenAt: node.seenAt }))
    .map(({ name, seenAt }) => ({
      kind: "silent",
      problem: `${name} was not seen for ${durationText(now - seenAt)}`,
      remedies: [],
    }));
}

/** With its id where another one is called the same. */
function nameAmong(nodes: readonly KnownNode[], { id, name }: KnownNode): string {
  return nodes.some((node) => node.name === name && node.id !== id) ? `${name} (${id})` : name;
}

/** Two groups of a key id, as lists have them. */
const KEY_ID_START = 15;
