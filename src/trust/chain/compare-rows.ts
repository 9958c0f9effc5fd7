import type { ApiTokenRecord } from "../records/api-token-record.ts";
import { holderOf } from "../naming/holder-of.ts";
import type { FoldedKey, FoldedToken, TrustFold } from "./fold-events.ts";
import { toKeyId } from "../naming/key-id.ts";
import type { FirstUseWindow } from "../records/first-use-window.ts";
import type { KeyLookup } from "../records/key-lookup.ts";
import type { KeyPin, KeyRecord } from "../records/key-record.ts";
import { encodeName } from "../naming/encode-name.ts";
import { nameKey } from "../naming/peer-name.ts";
import type { TokenGroup, TokenRecord } from "../records/token-record.ts";

/** A row of keys, as far as events decide about it. */
export interface KeyStanding
  extends
    Omit<FoldedKey, "state" | "rotatedAt">,
    Pick<
      KeyRecord,
      | "pin"
      | "state"
      | "nameKey"
      | "claimedName"
      | "claimedKey"
      | "newName"
      | "newKey"
      | "firstSeen"
      | "conflictsWith"
      | "note"
      | "version"
    > {
  /** What the store keeps beside the record so that lists and searches find it, and what follows from the record. */
  readonly findings?: readonly Finding[];
}

export interface Finding {
  readonly field: string;
  readonly row: string | number;
  readonly follows: string | number;
}

/** The rows that servers decide by. */
export interface TrustRows {
  readonly keys: Iterable<KeyStanding>;
  readonly tombstones: Iterable<{ readonly pin: KeyPin; readonly at: number }>;
  readonly tokens: Iterable<TokenRecord>;
  readonly members: Iterable<{
    readonly nameKey: string;
    readonly groupKey: string;
    readonly group: string;
    readonly addedAt: number;
  }>;
  /** Absent in stores that keep none. */
  readonly apiTokens?: Iterable<ApiTokenRecord>;
  readonly noted: Iterable<{ readonly about: string; readonly problem: string }>;
  readonly firstUseWindow: FirstUseWindow | null;
  /** The last version that was given to a key. */
  readonly newestVersion: number;
  /** As `KeyLookup` has it. */
  keysOfName: KeyLookup["keysOfName"];
}

/** Where a row is not what the events come to. */
export interface RowDifference {
  /** A key by its key id, a token, a member, what is noted, the window, or an event by its number. */
  readonly about: string;
  readonly field: string;
  readonly row: string | null;
  readonly events: string | null;
}

/** Rows against events. */
export interface RowsReport {
  /** The first 20. */
  readonly differences: readonly RowDifference[];
  /** How many there are altogether. */
  readonly count: number;
  /** Tokens whose public and server's keys are not in events yet: those made by former versions. */
  readonly uncomparedTokens: number;
}

const MOST_SHOWN = 20;

const WINDOW_FIELDS: readonly (readonly [keyof FirstUseWindow, string])[] = [
  ["event", "opened by"],
  ["until", "open until"],
  ["max", "at the most"],
  ["from", "from"],
  ["taken", "taken"],
];

/** Gathers differences; keeps the first and counts all. */
export class RowDifferences {
  readonly #shown: RowDifference[] = [];
  #count = 0;
  #uncomparedTokens = 0;

  add(difference: RowDifference): void {
    if (this.#shown.length < MOST_SHOWN) this.#shown.push(difference);
    this.#count++;
  }

  report(): RowsReport {
    return { differences: this.#shown, count: this.#count, uncomparedTokens: this.#uncomparedTokens };
  }

  /** Compares all rows with what the events come to, of which nothing is left then. */
  compare(fold: TrustFold, rows: TrustRows): void {
    for (const row of rows.keys) {
      this.#compareKey(row, fold.keys.get(row.pin));
      this.#compareWithRows(row, rows);
      fold.keys.delete(row.pin);
      this.#fact(row, "note", row.note, fold.notes.get(row.pin) ?? null);
      fold.notes.delete(row.pin);
    }
    for (const [pin, note] of fold.notes) this.#fact({ pin }, "note", null, note);
    for (const [pin, key] of fold.keys) this.#fact({ pin }, "state", null, key.state);
    for (const { pin, at } of rows.tombstones) {
      this.#fact({ pin }, "forgotten", at, fold.tombstones.get(pin) ?? null);
      fold.tombstones.delete(pin);
    }
    for (const [pin, at] of fold.tombstones) this.#fact({ pin }, "forgotten", null, at);
    for (const row of rows.tokens) {
      this.#compareToken(row, fold.tokens.get(row.id));
      fold.tokens.delete(row.id);
    }
    for (const id of fold.tokens.keys()) this.#fact(`token ${id}`, "made", null, "yes");
    for (const row of rows.apiTokens ?? []) {
      this.#compareApiToken(row, fold.apiTokens.byId.get(row.id));
      fold.apiTokens.byId.delete(row.id);
    }
    for (const id of fold.apiTokens.byId.keys()) this.#fact(`API token ${id}`, "made", null, "yes");
    this.#compareMembers(fold, rows);
    this.#compareNoted(fold, rows);
    this.#compareWindow(rows.firstUseWindow, fold.firstUseWindow);
  }

  #compareWindow(row: FirstUseWindow | null, events: FirstUseWindow | null): void {
    for (const [field, name] of WINDOW_FIELDS) {
      this.#fact("first use", name, row?.[field] ?? null, events?.[field] ?? null);
    }
  }

  #compareKey(row: KeyStanding, events: FoldedKey | undefined): void {
    if (events === undefined) {
      // What waits for a decision is in no event, and has nothing that a decision gives.
      this.#fact(row, "state", row.state === "pending" ? null : row.state, null);
      if (row.state !== "pending") return;
    }
    const standing: Pick<
      KeyStanding,
      "state" | "peer" | "nameKey" | "expires" | "staleSeen" | "endorsesFrom"
    > = {
      state: events?.state ?? "pending",
      peer: events?.peer ?? null,
      nameKey: folded(events?.peer ?? null),
      // What strangers bring has an end: only operators have a key wait without one.
      expires: events === undefined ? (row.expires ?? 0) : events.expires,
      staleSeen: events?.staleSeen ?? false,
      endorsesFrom: events?.endorsesFrom ?? 0,
    };
    for (const [field, said] of Object.entries(standing)) {
      this.#fact(row, field, row[field as keyof typeof standing], said);
    }
    if (events === undefined) return;
    this.#fact(row, "source", row.source, events.source);
    if (events.rotatedAt !== null) this.#fact(row, "firstSeen", row.firstSeen, events.rotatedAt);
  }

  /** What a row says that follows from it and the others: by what it is found, and whom it stands in the way of. */
  #compareWithRows(row: KeyStanding, rows: TrustRows): void {
    const claimedKey = folded(row.claimedName);
    const newKey = folded(row.newName);
    this.#fact(row, "claimedKey", row.claimedKey, claimedKey);
    this.#fact(row, "newKey", row.newKey, newKey);
    for (const { field, row: kept, follows } of row.findings ?? []) this.#fact(row, field, kept, follows);
    if (row.version > rows.newestVersion) {
      this.#fact(row, "version", row.version, `${rows.newestVersion} at the most`);
    }
    const wanted = newKey ?? claimedKey;
    if (row.state !== "pending" || row.peer !== null || wanted === null) return;
    const holder = holderOf(rows, wanted);
    if (holder !== undefined) this.#fact(row, "conflictsWith", row.conflictsWith, holder.pin);
  }

  #compareToken({ publicKey, groups, ...row }: TokenRecord, events: FoldedToken | undefined): void {
    const about = `token ${row.id}`;
    if (events === undefined) return this.#fact(about, "made", "yes", null);
    for (const field of Object.keys(row) as (keyof typeof row)[]) {
      if (events[field] !== undefined) this.#fact(about, field, row[field], events[field]);
    }
    this.#fact(about, "groups", groupsAsText(groups), groupsAsText(events.groups));
    if (events.publicKey === undefined) this.#uncomparedTokens++;
    else this.#fact(about, "publicKey", Buffer.from(publicKey).toString("hex"), events.publicKey);
  }

  #compareApiToken(row: ApiTokenRecord, events: ApiTokenRecord | undefined): void {
    const about = `API token ${row.id}`;
    if (events === undefined) return this.#fact(about, "made", "yes", null);
    for (const field of Object.keys(events) as (keyof ApiTokenRecord)[]) {
      this.#fact(about, field, row[field], events[field]);
    }
  }

  #compareMembers(fold: TrustFold, rows: TrustRows): void {
    for (const row of rows.members) {
      const groups = fold.groups.get(row.nameKey);
      const events = groups?.get(row.groupKey);
      const about = `${row.nameKey} in the group ${row.groupKey}`;
      this.#fact(about, "group", row.group, events?.group ?? null);
      if (events !== undefined) this.#fact(about, "addedAt", row.addedAt, events.addedAt);
      groups?.delete(row.groupKey);
    }
    for (const [name, groups] of fold.groups) {
      for (const [groupKey, { group }] of groups) {
        this.#fact(`${name} in the group ${groupKey}`, "group", null, group);
      }
    }
  }

  /** What is noted as written down would not be written down again. */
  #compareNoted(fold: TrustFold, rows: TrustRows): void {
    for (const { about, problem } of rows.noted) {
      const wasWritten = fold.noted.get(about)?.delete(problem) === true;
      this.#fact(`noted of ${about}`, problem, "yes", wasWritten ? "yes" : null);
    }
    for (const [about, problems] of fold.noted) {
      for (const problem of problems) this.#fact(`noted of ${about}`, problem, null, "yes");
    }
  }

  #fact(of: string | { readonly pin: KeyPin }, field: string, row: Fact, events: Fact): void {
    if (row === events) return;
    const about = typeof of === "string" ? of : aboutKey(of.pin);
    this.add({ about, field, row: toText(row), events: toText(events) });
  }
}

function groupsAsText(groups: readonly TokenGroup[]): string {
  const names = groups.map(({ name, nameKey: fold }) => (name === fold ? name : `${name} (${fold})`));
  return names.map(encodeName).join(", ");
}

function folded(name: string | null): string | null {
  return name === null ? null : nameKey(name);
}

type Fact = string | number | boolean | null | undefined;

function toText(fact: Fact): string | null {
  return fact === null || fact === undefined ? null : String(fact);
}

/** A pin that is none was written by somebody else: it is shown as it is. */
function aboutKey(pin: KeyPin): string {
  try {
    return `key ${toKeyId(pin)}`;
  } catch {
    return `key ${pin}`;
  }
}
