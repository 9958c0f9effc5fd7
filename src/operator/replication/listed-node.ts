import { toKeyId } from "../../trust/naming/key-id.ts";
import type { KnownNode, NodeListener } from "../../trust/port/node-roster.ts";
import type { ChainHead } from "../../trust/records/events.ts";

/** A machine, as programs get it. */
export interface ListedNode {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** The highest number of rules that it knows. */
  readonly rules: number;
  readonly position: number;
  readonly head: ChainHead;
  readonly digest: string;
  /** Where it lets clients in, and which key it shows them. */
  readonly listeners: readonly (NodeListener & { readonly keyId: string })[];
  /** ISO 8601, by the clock of the database. */
  readonly seen: string;
  /** Two machines say so in turns that they are this one. */
  readonly doubled: boolean;
  /** How many parts of a snapshot are there that it begins with; null where it has begun. */
  readonly starting: { readonly part: number; readonly parts: number } | null;
}

export function toListedNode({ seenAt, listeners, ...node }: KnownNode): ListedNode {
  return {
    id: node.id,
    name: node.name,
    version: node.version,
    rules: node.rules,
    position: node.position,
    head: node.head,
    digest: node.digest,
    listeners: listeners.map((listener) => ({ ...listener, keyId: toKeyId(listener.pin) })),
    seen: new Date(seenAt).toISOString(),
    doubled: node.isDoubled === true,
    starting: node.starting ?? null,
  };
}
