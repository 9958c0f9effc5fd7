import { MemorySharedRows } from "../../../src/store/log/memory-shared-rows.ts";
import { sharedRowsContract } from "./shared-rows-contract.ts";

sharedRowsContract("in memory", async (bounds) => {
  let passed = 0;
  const rows = new MemorySharedRows(() => Date.now() + passed, bounds);
  return {
    rows,
    another: () => rows,
    pass: async (ms) => void (passed += ms),
    [Symbol.asyncDispose]: async () => undefined,
  };
});
