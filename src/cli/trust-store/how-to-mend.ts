import type { TrustStore } from "../../trust/port/trust-store.ts";

/** What to do about a store whose rows or events are damaged: all of a replica is elsewhere. */
export function howToMend(store: TrustStore): string {
  return store.replication() === null
    ? "restore it from a backup (handclasp store backup makes them); do not delete it: all trust is in it"
    : "stop what runs on this machine, move the replica away with its -wal and -shm, and start again: all of it comes from the log anew";
}
