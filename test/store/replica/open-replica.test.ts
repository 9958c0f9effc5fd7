import { join } from "node:path";
import { describe, it } from "node:test";
import { MemoryCluster } from "../../../src/store/log/memory-cluster.ts";
import { parseSettledChange } from "../../../src/store/log/settled-change.ts";
import { openReplica } from "../../../src/store/replica/open-replica.ts";
import { storeContract } from "../../../src/testing/index.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

storeContract(
  "replica of a log in memory",
  async () => {
    const store = openReplica(join(temporaryFolder(), "replica.db"), {
      cluster: new MemoryCluster({ stamp: ({ change }) => parseSettledChange(change).change.at }),
      machine: "test",
      url: "memory log",
    });
    await store.catchUp();
    return store;
  },
  { describe, it },
);
