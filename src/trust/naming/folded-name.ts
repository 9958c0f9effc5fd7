import type { KeyRecord } from "../records/key-record.ts";
import type { PeerName } from "./peer-name.ts";

/** A name with its fold: both are written down, and neither is worked out again from the other. */
export interface FoldedName {
  readonly name: PeerName;
  readonly nameKey: string;
}

/** The name that a key speaks for. */
export function boundName({ peer, nameKey }: KeyRecord): FoldedName | null {
  return pair(peer, nameKey);
}

/** The name that its certificate claims. */
export function claimedName({ claimedName: name, claimedKey }: ClaimedName): FoldedName | null {
  return pair(name, claimedKey);
}

type ClaimedName = Pick<KeyRecord, "claimedName" | "claimedKey">;

/** The name that waits for approval. */
export function newName({ newName: name, newKey }: KeyRecord): FoldedName | null {
  return pair(name, newKey);
}

function pair(name: string | null, nameKey: string | null): FoldedName | null {
  return name === null || nameKey === null ? null : { name, nameKey };
}
