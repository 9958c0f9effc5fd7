import { MemoryChangeLog } from "../../../src/store/log/memory-change-log.ts";
import type { ChangeLog } from "../../../src/trust/port/change-log.ts";
import { changeLogContract } from "./change-log-contract.ts";

changeLogContract("in memory", async () => {
  const log = new MemoryChangeLog(Date.now);
  // The one of another node is the same one here.
  const another = async (): Promise<ChangeLog> => ({
    append: (...drafts) => log.append(...drafts),
    read: (...place) => log.read(...place),
    onMore: (listener) => log.onMore(listener),
    close: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  });
  return { log, another, [Symbol.asyncDispose]: () => log.close() };
});
