import type { GatewayConfig } from "../../gateway/config/config.ts";
import { HandclaspError } from "../../errors.ts";
import { openStore } from "../../store/open-store.ts";
import { processName } from "../context.ts";
import { openPemDir } from "../open-pem-dir.ts";
import type { EventLog } from "../serve/log.ts";

/** Keeps the folder of certificates, where one is wanted: one process does it for all. */
export function keepPems({ pemDir, store: url }: GatewayConfig, log: EventLog): AsyncDisposable | null {
  if (pemDir === undefined) return null;
  if (url === "memory:") {
    throw new HandclaspError("ERR_HANDCLASP_OPTION", "a folder of certificates needs a store in a file");
  }
  const store = openStore(url, { process: processName("gateway") });
  const folder = openPemDir(store, pemDir, log);
  return {
    async [Symbol.asyncDispose]() {
      folder[Symbol.dispose]();
      await store.close();
    },
  };
}
