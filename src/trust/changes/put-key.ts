import type { KeyPin, KeyRecord } from "../key-record.ts";
import type { KeyLookup } from "../key-lookup.ts";
import type { TrustTables } from "../trust-tables.ts";

/** A key as a change wants it: what follows from that is not its to say. */
export type KeyDraft = Omit<KeyRecord, "version">;

/**
 * Writes a key. It gets another version when what operators look at is another; and whoever waits for a name that it got,
 * or lost, conflicts with whoever has it now. Returns it as it is in the rows.
 */
export function putKey(tables: TrustTables, draft: KeyDraft): KeyRecord {
  const before = tables.key(draft.pin);
  const key = { ...draft, conflictsWith: conflictOf(tables, draft) };
  const isOther = before === undefined || DISTINGUISHING.some((field) => key[field] !== before[field]);
  const written = { ...key, version: isOther ? tables.nextVersion() : before.version };
  tables.putKey(written);
  if (before?.nameKey !== written.nameKey) settleClaims(tables, before?.nameKey ?? null, written.pin);
  if (before?.nameKey !== written.nameKey || before?.state !== written.state) {
    settleClaims(tables, written.nameKey, written.pin);
  }
  return written;
}

/** Removes a key with its certificates: its name is free again. */
export function dropKey(tables: TrustTables, { pin, nameKey: name }: KeyRecord): void {
  tables.deleteKey(pin);
  settleClaims(tables, name, pin);
}

/** Gives all keys of a peer another version, for what is said of the peer and stands in none of their rows. */
export function touchKeys(tables: TrustTables, name: string): void {
  for (const key of tables.keysOfName(name)) tables.putKey({ ...key, version: tables.nextVersion() });
}

const DISTINGUISHING = [
  "state",
  "peer",
  "claimedName",
  "newName",
  "expires",
  "conflictsWith",
  "note",
] as const satisfies readonly (keyof KeyRecord)[];

function conflictOf(
  tables: TrustTables,
  { state, peer, newKey, claimedKey, conflictsWith }: KeyDraft,
): KeyPin | null {
  const wanted = newKey ?? claimedKey;
  const waits = state === "pending" && peer === null;
  const holder = waits && wanted !== null ? holderOf(tables, wanted) : undefined;
  return holder?.pin ?? conflictsWith;
}

/** Who has a name: a trusted key rather than another. */
export function holderOf(tables: Pick<KeyLookup, "keysOfName">, name: string): KeyRecord | undefined {
  const holders = tables.keysOfName(name);
  return holders.find(({ state }) => state === "trusted") ?? holders[0];
}

/** After a key got a name, or lost it: those who wait for the name conflict with whoever has it, or with nobody. */
function settleClaims(tables: TrustTables, name: string | null, pin: KeyPin): void {
  if (name === null) return;
  const rivals = new Map<KeyPin, KeyRecord>();
  for (const rival of [...tables.keysWaitingFor(name), ...tables.conflictsOf(pin)])
    rivals.set(rival.pin, rival);
  for (const rival of rivals.values()) {
    const wanted = rival.newKey ?? rival.claimedKey;
    const conflictsWith = (wanted === null ? undefined : holderOf(tables, wanted))?.pin ?? null;
    if (conflictsWith !== rival.conflictsWith) {
      tables.putKey({ ...rival, conflictsWith, version: tables.nextVersion() });
    }
  }
}
