import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { TakeAwayChange } from "../../trust/changes/prepared-change.ts";
import type { LogDraft, LogPlace } from "../../trust/port/change-log.ts";
import { parseEvent, type TrustEvent } from "../../trust/records/events.ts";
import type { CertificateRecord, KeyPin } from "../../trust/records/key-record.ts";
import { encodeSettledChange, type SeenRow } from "../log/settled-change.ts";
import { toStranger } from "../log/to-stranger.ts";
import { CERTIFICATE_OF_KEY } from "../sqlite/lists/rows.ts";
import { SqliteTables } from "../sqlite/tables/sqlite-tables.ts";
import { type LostEvent, takingsOf } from "./takings-of.ts";

/** Who says that a branch was left. */
const ACTOR = { user: null, process: "replica", address: null, listener: null } as const;
/** How many of the decisions that are gone are told in the chain; all are kept in the replica. */
const MOST_TOLD = 20;

interface LostTailOptions {
  /** What was carried out on the branch. */
  readonly replica: DatabaseSync;
  /** What the log leads to now. */
  readonly anew: DatabaseSync;
  /** Where the replica stands. */
  readonly place: LogPlace;
  /** What the machine is called that leaves it. */
  readonly machine: string;
}

/** What a replica's chain has that the log does not lead to any more. */
export class LostTail {
  /** The last event that both have; 0 for none. */
  readonly common: number;
  readonly events: readonly LostEvent[];
  readonly #replica: DatabaseSync;
  readonly #place: LogPlace;
  readonly #machine: string;
  readonly #hashes: ReadonlyMap<number, string>;

  constructor({ replica, anew, place, machine }: LostTailOptions) {
    this.#replica = replica;
    this.#place = place;
    this.#machine = machine;
    this.common = commonEvent(replica, anew);
    const rows = replica
      .prepare("SELECT sequence, json, hash FROM events WHERE sequence > ? ORDER BY sequence")
      .all(this.common)
      .map((row) => row as unknown as { sequence: number; json: string; hash: string });
    this.#hashes = new Map(rows.map(({ sequence, hash }) => [sequence, hash]));
    this.events = takingsOf(rows.flatMap(({ json }) => parseEvent(json) ?? []));
  }

  /** Events whose decisions are not done again. */
  get gone(): readonly TrustEvent[] {
    return this.events.filter(({ isGone }) => isGone).map(({ event }) => event);
  }

  /**
   * What is to be appended: each taking as a change of its own, then that the branch was left. Their ids follow from what was
   * lost, so that it is appended once, however many machines lost it.
   */
  drafts(at: number): readonly LogDraft[] {
    const takings = this.events.filter((lost) => lost.takings.length > 0);
    const again = takings.map((lost) => this.#draftOf(lost, at));
    const id = toUuid("branch left", this.#place.hash);
    const details = {
      lost: String(this.events.length),
      position: String(this.#place.position),
      again: String(takings.length),
      gone: String(this.gone.length),
      ...(this.gone.length > 0 && { decisions: this.gone.slice(0, MOST_TOLD).map(toText).join("; ") }),
    };
    const actor = { ...ACTOR, machine: this.#machine };
    const change = { type: "leave-branch", at, actor, details } as const;
    return [...again, { id, change: encodeSettledChange({ change, seen: [] }) }];
  }

  #draftOf({ event, takings }: LostEvent, at: number): LogDraft {
    const { replacedBy } = event.details;
    const change: TakeAwayChange = {
      type: "take-away",
      at,
      actor: event.actor,
      takings,
      details: {
        lostEvent: String(event.sequence),
        lostAt: event.at,
        ...(typeof replacedBy === "string" && { replacedBy }),
      },
    };
    const pins = takings.flatMap((taking) => (taking.what === "key" ? [taking.pin] : []));
    const seen = pins.flatMap((pin) => this.#strangerOf(pin) ?? []);
    return {
      id: toUuid("taken again", this.#hashes.get(event.sequence) ?? ""),
      change: encodeSettledChange({ change, seen }),
    };
  }

  #strangerOf(pin: KeyPin): SeenRow | undefined {
    const key = new SqliteTables(this.#replica).key(pin);
    if (key === undefined) return undefined;
    const certificate = this.#replica.prepare(CERTIFICATE_OF_KEY).get(pin, key.fingerprint) as unknown as
      | CertificateRecord
      | undefined;
    return certificate && { waiting: toStranger(key), certificate: { ...certificate } };
  }
}

/** Chains are equal up to where their hashes are. */
function commonEvent(one: DatabaseSync, other: DatabaseSync): number {
  const [oneAt, otherAt] = [hashesOf(one), hashesOf(other)];
  let common = 0;
  let apart = Number(one.prepare("SELECT ifnull(max(sequence), 0) + 1 AS next FROM events").get()?.["next"]);
  while (apart - common > 1) {
    const middle = Math.floor((common + apart) / 2);
    if (oneAt(middle) === otherAt(middle)) common = middle;
    else apart = middle;
  }
  return common;
}

function hashesOf(database: DatabaseSync): (sequence: number) => unknown {
  const statement = database.prepare("SELECT hash FROM events WHERE sequence = ?");
  return (sequence) => statement.get(sequence)?.["hash"];
}

/** Version 8 (RFC 9562): of a hash. */
function toUuid(what: string, hash: string): string {
  const bytes = createHash("sha256").update(`${what} ${hash}`).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function toText({ sequence, type, pin, peer }: TrustEvent): string {
  return [`${sequence} ${type}`, peer, pin].filter((part) => part !== null).join(" ");
}
