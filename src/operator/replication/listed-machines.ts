import { isHandclaspError } from "../../errors.ts";
import type { KnownNode } from "../../trust/port/node-roster.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { differencesOf, type NodeDifference } from "./compare-nodes.ts";
import { type ListedNode, toListedNode } from "./listed-node.ts";

/** The machines that share a store, seen from one of them. */
export interface MachinesJson {
  /** The id of the one that was asked; null where no other shares its store. */
  readonly self: string | null;
  /** Null while the database that has the list cannot be asked. */
  readonly machines: readonly MachineJson[] | null;
  readonly differences: readonly NodeDifference[];
}

export interface MachineJson extends ListedNode {
  /** Whether it came to the same as the one that was asked, by as many changes; null while one of them has more. */
  readonly equal: boolean | null;
}

export async function listMachines(store: Pick<TrustStore, "nodes" | "replication">): Promise<MachinesJson> {
  const self = store.replication()?.node.id ?? null;
  const nodes = await askedFor(store);
  if (nodes === null) return { self, machines: null, differences: [] };
  const own = nodes.find(({ id }) => id === self);
  const machines = nodes.map((node) => ({
    ...toListedNode(node),
    equal: own?.position === node.position ? own.digest === node.digest : null,
  }));
  // The newest beat tells the database's time well enough.
  const now = Math.max(0, ...nodes.map(({ seenAt }) => seenAt));
  return { self, machines, differences: differencesOf(nodes, now) };
}

async function askedFor(store: Pick<TrustStore, "nodes">): Promise<readonly KnownNode[] | null> {
  try {
    return await store.nodes();
  } catch (error) {
    if (isHandclaspError(error, "ERR_HANDCLASP_STORE_READ")) return null;
    throw error;
  }
}
