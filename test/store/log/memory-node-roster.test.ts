import { MemoryNodeRoster } from "../../../src/store/log/memory-node-roster.ts";
import { nodeRosterContract } from "./node-roster-contract.ts";

nodeRosterContract("in memory", async () => {
  const roster = new MemoryNodeRoster(Date.now, 1);
  return { roster, another: async () => roster, [Symbol.asyncDispose]: async () => undefined };
});
