import type { KeyRecord } from "../../trust/records/key-record.ts";

/** A key as whoever never heard of it, or forgot it, is to have it: nobody decided about it, but what it claims is known. */
export function toStranger(key: KeyRecord): KeyRecord {
  return {
    ...key,
    state: "pending",
    peer: null,
    nameKey: null,
    claimedName: key.claimedName ?? key.peer,
    claimedKey: key.claimedName === null ? key.nameKey : key.claimedKey,
    newName: null,
    newKey: null,
    source: "first-use",
    expires: key.firstSeen ?? 0,
    conflictsWith: null,
    staleSeen: false,
    endorsesFrom: 0,
    note: null,
    version: 1,
  };
}
