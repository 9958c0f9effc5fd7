import { HandclaspError } from "../errors.ts";
import { type FoldedKey, TrustFold } from "../trust/chain/fold-events.ts";
import { toKeyId } from "../trust/naming/key-id.ts";
import { escapeText } from "../trust/naming/peer-name.ts";
import type { KeyPin, KeySource, KeyState } from "../trust/records/key-record.ts";
import { parseEvent } from "../trust/records/events.ts";
import type { Knowledge } from "../trust/port/knowledge.ts";
import type { Roll } from "../trust/port/roll.ts";
import type { Pause } from "./chain-watch.ts";
import { toIsoTime } from "./iso-time.ts";

/** Events between two pauses: some milliseconds. */
const AT_ONCE = 500;
/** Of each kind of difference, so many are given. */
const MOST_SHOWN = 1000;

/** A time of the chain: behind an event, or at a moment, milliseconds since the epoch. */
export type ChainTime = { readonly sequence: number } | { readonly at: number };

/** How a key stood by the events. */
export interface StandingJson {
  readonly state: KeyState;
  /** Escaped. */
  readonly peer: string | null;
  readonly source: KeySource;
  readonly expires: string | null;
}

/** What is another at the second of two times. Of each kind the first 1000; `counts` has all. */
export interface TimesCompared {
  /** The last event before each of the two; 0 for the beginning. */
  readonly from: number;
  readonly to: number;
  readonly counts: { readonly keys: number; readonly groups: number; readonly tokens: number };
  /** Null where nobody had decided about the key, or it was forgotten. */
  readonly keys: readonly {
    readonly pin: KeyPin;
    readonly keyId: string;
    readonly before: StandingJson | null;
    readonly after: StandingJson | null;
  }[];
  readonly groups: readonly {
    readonly group: string;
    readonly peer: string;
    readonly change: "added" | "removed";
  }[];
  readonly tokens: readonly {
    readonly id: string;
    readonly peer: string;
    readonly before: TokenStanding | null;
    readonly after: TokenStanding | null;
  }[];
  /** Events that cannot be read, or carried out: what they changed is not in it. */
  readonly unread: number;
}

type TokenStanding = "open" | "used" | "cancelled";

/** How everything stood. */
interface Standing {
  readonly sequence: number;
  readonly keys: ReadonlyMap<KeyPin, FoldedKey>;
  /** By group and peer, each folded; the peer is so here, too. */
  readonly members: ReadonlyMap<string, { readonly group: string; readonly peer: string }>;
  readonly tokens: ReadonlyMap<string, { readonly peer: string; readonly standing: TokenStanding }>;
}

/**
 * Goes through all events up to the second time, some at a time with `pause` in between: a million take some ten seconds,
 * in which everything else goes on. Throws ERR_HANDCLASP_OPTION when the first is later.
 */
export async function compareTimes(
  store: Roll & Pick<Knowledge, "keysOfName">,
  from: ChainTime,
  to: ChainTime,
  pause: Pause,
): Promise<TimesCompared> {
  const fold = new TrustFold();
  const walk = { after: 0, reached: 0, unread: 0 };
  const before = await standingAt(store, from, { fold, walk, pause });
  if (isBefore(to, walk)) {
    throw new HandclaspError("ERR_HANDCLASP_OPTION", "the second time is before the first", {
      hint: "give the earlier one first",
    });
  }
  await pause();
  const after = await standingAt(store, to, { fold, walk, pause });
  await pause();
  const peerOf = (folded: string): string => store.keysOfName(folded)[0]?.peer ?? folded;
  return { ...differences(before, after, peerOf), unread: walk.unread };
}

interface Walking {
  readonly fold: TrustFold;
  /** Up to which event, and the latest time of those. */
  readonly walk: { after: number; reached: number; unread: number };
  readonly pause: Pause;
}

/** Goes on to a time. */
async function standingAt(store: Roll, time: ChainTime, { fold, walk, pause }: Walking): Promise<Standing> {
  for (;;) {
    const { items, next } = await store.listEvents({ after: String(walk.after), limit: AT_ONCE });
    for (const { sequence, json } of items) {
      if ("sequence" in time && sequence > time.sequence) return standing(fold, walk.after);
      const event = parseEvent(json);
      const reached = Math.max(walk.reached, Date.parse(event?.at ?? "") || 0);
      if ("at" in time && reached > time.at) return standing(fold, walk.after);
      walk.after = sequence;
      walk.reached = reached;
      try {
        if (event === undefined) walk.unread++;
        else fold.add(event);
      } catch {
        walk.unread++;
      }
    }
    if (next === null) return standing(fold, walk.after);
    await pause();
  }
}

function isBefore(time: ChainTime, { after, reached }: Walking["walk"]): boolean {
  return "sequence" in time ? time.sequence < after : time.at < reached;
}

function standing(fold: TrustFold, sequence: number): Standing {
  const members = new Map<string, { group: string; peer: string }>();
  for (const [peer, groups] of fold.groups) {
    for (const [groupKey, { group }] of groups) {
      members.set(`${groupKey}\n${peer}`, { group, peer });
    }
  }
  const tokens = new Map<string, { peer: string; standing: TokenStanding }>();
  for (const { id, peer, usedAt, cancelledAt } of fold.tokens.values()) {
    const end = usedAt === null ? (cancelledAt === null ? "open" : "cancelled") : "used";
    tokens.set(id, { peer, standing: end });
  }
  return { sequence, keys: new Map(fold.keys), members, tokens };
}

function differences(
  before: Standing,
  after: Standing,
  peerOf: (folded: string) => string,
): Omit<TimesCompared, "unread"> {
  const keys = changed(before.keys, after.keys, isSame);
  const groups = [
    ...missing(before.members, after.members).map((member) => ({ ...member, change: "removed" as const })),
    ...missing(after.members, before.members).map((member) => ({ ...member, change: "added" as const })),
  ];
  const tokens = changed(before.tokens, after.tokens, (one, other) => one?.standing === other?.standing);
  return {
    from: before.sequence,
    to: after.sequence,
    counts: { keys: keys.length, groups: groups.length, tokens: tokens.length },
    keys: keys.slice(0, MOST_SHOWN).map((pin) => {
      const [was, is] = [before.keys.get(pin), after.keys.get(pin)];
      return { pin, keyId: toKeyId(pin), before: toStanding(was), after: toStanding(is) };
    }),
    groups: groups.slice(0, MOST_SHOWN).map((member) => toShown(member, peerOf)),
    tokens: tokens.slice(0, MOST_SHOWN).map((id) => {
      const [was, is] = [before.tokens.get(id), after.tokens.get(id)];
      const peer = escapeText((is ?? was)?.peer ?? "");
      return { id, peer, before: was?.standing ?? null, after: is?.standing ?? null };
    }),
  };
}

/** What is not the same at both times, in the order of when it came to be. */
function changed<Id, T>(
  before: ReadonlyMap<Id, T>,
  after: ReadonlyMap<Id, T>,
  isTheSame: (one: T | undefined, other: T | undefined) => boolean,
): readonly Id[] {
  const ids: Id[] = [];
  for (const [id, was] of before) if (!isTheSame(was, after.get(id))) ids.push(id);
  for (const id of after.keys()) if (!before.has(id)) ids.push(id);
  return ids;
}

function toStanding(key: FoldedKey | undefined): StandingJson | null {
  if (key === undefined) return null;
  const { state, peer, source, expires } = key;
  return { state, peer: peer === null ? null : escapeText(peer), source, expires: toIsoTime(expires) };
}

/** What nothing happened to is the same object. */
function isSame(one: FoldedKey | undefined, other: FoldedKey | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return (
    one === other ||
    (["state", "peer", "source", "expires"] as const).every((field) => one[field] === other[field])
  );
}

function missing<T>(from: ReadonlyMap<string, T>, there: ReadonlyMap<string, T>): readonly T[] {
  return [...from].filter(([line]) => !there.has(line)).map(([, value]) => value);
}

type Membership = TimesCompared["groups"][number];

function toShown({ group, peer, change }: Membership, peerOf: (folded: string) => string): Membership {
  return { group: escapeText(group), peer: escapeText(peerOf(peer)), change };
}
