import { isWaiting } from "../judging/is-waiting.ts";
import { holderOf } from "../naming/holder-of.ts";
import type { KeyPin, KeyRecord } from "../records/key-record.ts";
import type { TrustTables } from "../records/trust-tables.ts";

/** A key as a change wants it: what follows from that is not its to say. */
export type KeyDraft = Omit<KeyRecord, "version">;

/**
 * Writes a key. It gets another version when what operators look at is another; and whoever waits for a name that it got,
 * or lost, conflicts with whoever has it now. Returns it as it is in the rows. `seenAt` is for a key that was seen just now.
 */
export function putKey(tables: TrustTables, draft: KeyDraft, seenAt?: number): KeyRecord {
  const moved = new MovedNames();
  const written = write(tables, draft, moved, seenAt);
  moved.settle(tables);
  return written;
}

/** `putKey` of several: however many there are, those who wait for their names are looked at once. */
export function putKeys(tables: TrustTables, drafts: readonly KeyDraft[]): readonly KeyRecord[] {
  const moved = new MovedNames();
  const written = drafts.map((draft) => write(tables, draft, moved));
  moved.settle(tables);
  return written;
}

function write(tables: TrustTables, draft: KeyDraft, moved: MovedNames, seenAt?: number): KeyRecord {
  const before = tables.key(draft.pin);
  const key = { ...draft, conflictsWith: conflictOf(tables, draft) };
  const isOther = before === undefined || DISTINGUISHING.some((field) => key[field] !== before[field]);
  const written = { ...key, version: isOther ? tables.nextVersion(isWaiting(key)) : before.version };
  tables.putKey(written, seenAt);
  if (before?.nameKey !== written.nameKey) moved.add(before?.nameKey ?? null, written.pin);
  if (before?.nameKey !== written.nameKey || before?.state !== written.state) {
    moved.add(written.nameKey, written.pin);
  }
  return written;
}

/** Removes keys with their certificates: their names are free again. */
export function dropKeys(tables: TrustTables, keys: readonly KeyRecord[]): void {
  const moved = new MovedNames();
  for (const { pin, nameKey } of keys) {
    tables.deleteKey(pin);
    moved.add(nameKey, pin);
  }
  moved.settle(tables);
}

/** Gives all keys of a peer another version, for what is said of the peer and stands in none of their rows. */
export function touchKeys(tables: TrustTables, name: string): void {
  for (const key of tables.keysOfName(name))
    tables.putKey({ ...key, version: tables.nextVersion(isWaiting(key)) });
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

/** Names that keys got or lost: those who wait for one conflict with whoever has it then, or with nobody. */
class MovedNames {
  readonly #pinsOf = new Map<string, Set<KeyPin>>();

  add(name: string | null, pin: KeyPin): void {
    if (name === null) return;
    const pins = this.#pinsOf.get(name);
    if (pins === undefined) this.#pinsOf.set(name, new Set([pin]));
    else pins.add(pin);
  }

  /** Looks once at each who waits, and once at who has what they wait for: any stranger may wait for any name. */
  settle(tables: TrustTables): void {
    const rivals = new Map<KeyPin, KeyRecord>();
    for (const [name, pins] of this.#pinsOf) {
      for (const rival of tables.keysWaitingFor(name)) rivals.set(rival.pin, rival);
      for (const pin of pins) for (const rival of tables.conflictsOf(pin)) rivals.set(rival.pin, rival);
    }
    const holders = new Map<string, KeyPin | null>();
    for (const rival of rivals.values()) {
      const wanted = rival.newKey ?? rival.claimedKey;
      let conflictsWith = wanted === null ? null : holders.get(wanted);
      if (wanted !== null && conflictsWith === undefined) {
        conflictsWith = holderOf(tables, wanted)?.pin ?? null;
        holders.set(wanted, conflictsWith);
      }
      if (conflictsWith === undefined || conflictsWith === rival.conflictsWith) continue;
      tables.putKey({ ...rival, conflictsWith, version: tables.nextVersion(isWaiting(rival)) });
    }
  }
}
