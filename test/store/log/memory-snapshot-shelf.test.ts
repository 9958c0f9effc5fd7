import { MemorySnapshotShelf } from "../../../src/store/log/memory-snapshot-shelf.ts";
import { snapshotShelfContract } from "./snapshot-shelf-contract.ts";

snapshotShelfContract("in memory", async () => {
  const shelf = new MemorySnapshotShelf(Date.now);
  return { shelf, another: () => shelf, [Symbol.asyncDispose]: async () => undefined };
});
