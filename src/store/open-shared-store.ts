import type { ClusterAddress } from "../trust/port/cluster-address.ts";
import type { TrustStore } from "../trust/port/trust-store.ts";
import { openCluster } from "./open-cluster.ts";
import { followedBy, mustFollow } from "./replica/must-follow.ts";
import { openReplica } from "./replica/open-replica.ts";
import type { StoreOptions } from "./sqlite/store-options.ts";

interface SharedStore {
  readonly address: ClusterAddress;
  /** Of this machine's replica. */
  readonly file: string;
  readonly url: string;
  /** As for a replica. */
  readonly isPassing: boolean;
  /** As for a cluster; nobody who only reads makes anything. */
  readonly makes: boolean;
}

/** Opens this machine's replica at once, and what it follows when that can be reached. */
export function openSharedStore(
  { address, file, url, isPassing, makes }: SharedStore,
  options: StoreOptions,
): TrustStore {
  const { maxStalenessMs, node, usesSnapshots } = address;
  const cluster = openCluster({ address, file }, options.process ?? `node ${process.pid}`, {
    followed: { known: () => followedBy(file), met: (id) => mustFollow(file, id) },
    makes: makes && options.readOnly !== true,
  });
  return openReplica(file, {
    ...options,
    url,
    isPassing,
    maxStalenessMs,
    usesSnapshots,
    cluster,
    ...(node !== null && { machine: node }),
  });
}
