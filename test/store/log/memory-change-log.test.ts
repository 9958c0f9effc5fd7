import { MemoryChangeLog } from "../../../src/store/log/memory-change-log.ts";
import { changeLogContract } from "./change-log-contract.ts";

changeLogContract("in memory", async () => {
  const log = new MemoryChangeLog(Date.now);
  return { log, another: () => log, [Symbol.asyncDispose]: async () => undefined };
});
