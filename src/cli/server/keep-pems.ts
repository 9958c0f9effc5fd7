import type { GatewayConfig } from "../../gateway/config/config.ts";
import { HandclaspError } from "../../errors.ts";
import { openStoreAt } from "../../store/open-store.ts";
import { processName } from "../trust-store/process-name.ts";
import { openPemDir } from "./open-pem-dir.ts";
import type { EventLog } from "../log/event-log.ts";

/** Keeps the folder of certificates, where one is wanted: one process does it for all. */
export async function keepPems(
  { pemDir, store: url }: GatewayConfig,
  log: EventLog,
): Promise<AsyncDisposable | null> {
  if (pemDir === undefined) return null;
  if (url.file === null) {
    throw new HandclaspError("ERR_HANDCLASP_OPTION", "a folder of certificates needs a store in a file");
  }
  await using opened = new AsyncDisposableStack();
  const store = opened.use(openStoreAt(url, { process: processName("gateway") }));
  opened.use(await openPemDir(store, pemDir, log));
  return opened.move();
}
