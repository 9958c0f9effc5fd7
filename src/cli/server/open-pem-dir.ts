import { reasonOf } from "../../errors.ts";
import { PemDir } from "../../store/pem-dir.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import type { EventLog } from "../log/event-log.ts";

/** Keeps a folder of certificates. What cannot be written there is said with the folder's name, and ends nothing. */
export async function openPemDir(store: TrustStore, folder: string, log: EventLog): Promise<PemDir> {
  const onError = (cause: unknown): void => {
    log.failed(new Error(`cannot keep the certificates in ${folder}: ${reasonOf(cause)}`, { cause }));
  };
  return await PemDir.open(store, folder, { now: Date.now, onError });
}
