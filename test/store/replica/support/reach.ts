import { join } from "node:path";
import { HandclaspError } from "../../../../src/errors.ts";
import type { MemoryCluster } from "../../../../src/store/log/memory-cluster.ts";
import { openReplica } from "../../../../src/store/replica/open-replica.ts";
import type { Cluster } from "../../../../src/trust/port/cluster.ts";
import type { TrustStore } from "../../../../src/trust/port/trust-store.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";
import { PATIENT } from "./patient.ts";

/** A cluster that can be out of one machine's reach. */
export class Reach {
  isAway = false;
  readonly #cluster: MemoryCluster;

  constructor(cluster: MemoryCluster) {
    this.#cluster = cluster;
  }

  get cluster(): Cluster {
    const { log, nodes, shared, snapshots } = this.#cluster;
    return {
      log: {
        get tells() {
          return log.tells;
        },
        append: async (...appended) => {
          this.#mustBeThere();
          return log.append(...appended);
        },
        read: async (...asked) => {
          this.#mustBeThere();
          return log.read(...asked);
        },
        onMore: (listener) => log.onMore(listener),
        cutBefore: (...cut) => log.cutBefore(...cut),
        begins: () => log.begins(),
      },
      nodes,
      shared,
      snapshots,
      hangUp: () => undefined,
      close: async () => undefined,
    };
  }

  #mustBeThere(): void {
    if (this.isAway) throw new HandclaspError("ERR_HANDCLASP_STORE_WRITE", "the log is away");
  }
}

export function openNode(
  { cluster }: Reach,
  path: string = join(temporaryFolder(), "replica.db"),
): TrustStore {
  return openReplica(path, { cluster, machine: "one", url: "memory log", runtime: PATIENT });
}
