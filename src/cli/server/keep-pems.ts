import { reasonOf } from "../../errors.ts";
import { PemDir } from "../../store/pem-dir.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import type { EventLog } from "../log/event-log.ts";

/**
 * Keeps the folder of certificates, where one is wanted: one process does it for all. What cannot be written there is said
 * with the folder's name, and ends nothing.
 */
export async function keepPems(
  store: TrustStore,
  folder: string | undefined,
  log: EventLog,
): Promise<PemDir | undefined> {
  if (folder === undefined) return undefined;
  const onError = (cause: unknown): void => {
    log.failed(new Error(`cannot keep the certificates in ${folder}: ${reasonOf(cause)}`, { cause }));
  };
  return await PemDir.open(store, folder, { now: Date.now, onError });
}
