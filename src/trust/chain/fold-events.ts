import type { TrustEvent } from "../records/events.ts";
import type { FirstUseWindow } from "../records/first-use-window.ts";
import type { KeyPin, KeySource, KeyState } from "../records/key-record.ts";
import { FoldedApiTokens } from "./folded-api-tokens.ts";
import { nameKey } from "../naming/peer-name.ts";
import { tokenGroupsOf } from "./token-groups.ts";
import { ENDED_KEPT_MS, type TokenRecord } from "../records/token-record.ts";

/** What the events say of a key that somebody decided about. */
export interface FoldedKey {
  /** `pending` only for a key that was set aside. */
  readonly state: KeyState;
  readonly peer: string | null;
  readonly source: KeySource;
  readonly expires: number | null;
  readonly staleSeen: boolean;
  readonly endorsesFrom: number;
  /** When it took another key's place; null when it came in another way. */
  readonly rotatedAt: number | null;
}

/** As a row, but for what events of former versions do not say: undefined. */
export type FoldedToken = Omit<TokenRecord, "publicKey" | "serverPin"> & {
  readonly publicKey: string | undefined;
  readonly serverPin: string | undefined;
};

export interface FoldedMember {
  readonly group: string;
  readonly addedAt: number;
}

/** What in an event cannot have followed those before it: its row was something else at that time. */
export interface Misfit {
  readonly field: string;
  /** What the event says. */
  readonly row: string | null;
  /** What those before it come to. */
  readonly events: string | null;
}

/**
 * What all events together come to: how keys, names, groups, tokens and the window of first use stand after them. It
 * holds as much as stands, however many events there were.
 */
export class TrustFold {
  readonly keys: Map<KeyPin, FoldedKey> = new Map();
  /** When each was forgotten last. */
  readonly tombstones: Map<KeyPin, number> = new Map();
  /** What operators wrote about keys, those that wait too. */
  readonly notes: Map<KeyPin, string> = new Map();
  readonly tokens: Map<string, FoldedToken> = new Map();
  readonly apiTokens: FoldedApiTokens = new FoldedApiTokens();
  /** By the peer's folded name, then by the group's. */
  readonly groups: Map<string, Map<string, FoldedMember>> = new Map();
  /** Which problems of a token or an endorsing key are in the events, by its id or pin. */
  readonly noted: Map<string, Set<string>> = new Map();
  firstUseWindow: FirstUseWindow | null = null;
  /** How many keys are bound to a folded name. */
  readonly #holders = new Map<string, number>();
  #firstEndOfToken = Infinity;

  /** Carries out the next event. Says what in it contradicts those before; throws what no event of ours makes it throw. */
  add(event: TrustEvent): Misfit | undefined {
    const misfit = this.#misfit(event);
    const at = Date.parse(event.at);
    const { pin, details } = event;
    switch (event.type) {
      case "met":
        this.#trust(event, { source: details["source"] as KeySource, expires: null });
        this.#countIn(toNumber(details["window"]));
        break;
      case "joined":
        this.#trust(event, { source: "token", expires: null });
        this.#endToken(details["token"], { usedAt: at, usedBy: pin }, at);
        break;
      case "rotated": {
        const former = this.keys.get(details["endorsedBy"] as KeyPin)?.expires ?? null;
        const expires = "expires" in details ? toTime(details["expires"]) : former;
        this.#trust(event, { source: "rotation", expires, rotatedAt: at });
        break;
      }
      case "approved":
      case "name-approved":
      case "imported":
        this.#approve(event, at);
        break;
      case "renamed":
        this.#rename(event, at);
        break;
      case "revoked":
      case "ignored":
        this.#bar(event, event.type);
        break;
      case "set-aside":
        this.#change(event, { state: "pending", expires: null, staleSeen: false });
        break;
      case "undone":
      case "put-back":
        this.#undo(event, at);
        break;
      case "noted":
        this.#write(pin, details["note"] ?? null);
        break;
      case "retired":
        this.#change(event, { state: "retired", expires: null, staleSeen: false });
        break;
      case "stale-key-seen":
        this.#change(event, { staleSeen: true });
        break;
      case "forgotten":
        if (pin === null) break;
        this.#put(pin, undefined);
        this.tombstones.set(pin, at);
        this.notes.delete(pin);
        break;
      case "token-created":
        this.#createToken(event, at);
        break;
      case "token-cancelled":
        this.#endToken(details["token"], { cancelledAt: at }, at);
        break;
      case "api-token-created":
        this.apiTokens.create(event, at);
        break;
      case "api-token-cancelled":
        this.apiTokens.cancel(event, at);
        break;
      case "group-added":
        this.#groupsOf(nameKey(event.peer ?? "")).set(nameKey(details["group"] ?? ""), {
          group: details["group"] ?? "",
          addedAt: at,
        });
        break;
      case "group-removed":
        this.groups.get(nameKey(event.peer ?? ""))?.delete(nameKey(details["group"] ?? ""));
        break;
      case "first-use-opened":
        this.firstUseWindow = {
          event: event.sequence,
          until: Date.parse(details["until"] ?? ""),
          max: toNumber(details["max"]),
          from: details["from"] ?? null,
          taken: 0,
        };
        break;
      case "first-use-closed":
        this.firstUseWindow = null;
        break;
      case "token-refused":
        this.#note(details["token"], details["problem"]);
        break;
      case "endorsement-refused":
        this.#note(details["endorsedBy"], details["problem"]);
        break;
      case "branch-left":
      case "restored":
        break;
      default:
        throw new TypeError(`no version up to this one writes ${String(event.type satisfies never)}`);
    }
    return misfit;
  }

  /** An event says what its row was before: a row that was edited and then used shows there. */
  #misfit({ type, pin, before }: TrustEvent): Misfit | undefined {
    if (pin === null || type === "token-refused" || type === "endorsement-refused") return undefined;
    const state = this.keys.get(pin)?.state ?? null;
    // Of a key that waits, the events say nothing until somebody has decided about it.
    const isSame = before === state || (state === null && before === "pending");
    return isSame ? undefined : { field: "before", row: before, events: state };
  }

  #trust(
    { pin, peer }: TrustEvent,
    {
      source,
      expires,
      rotatedAt = null,
    }: { source: KeySource; expires: number | null; rotatedAt?: number | null },
  ): void {
    if (pin === null) return;
    const endorsesFrom = this.tombstones.get(pin) ?? 0;
    this.#put(pin, { state: "trusted", peer, source, expires, staleSeen: false, endorsesFrom, rotatedAt });
  }

  #countIn(window: number | null): void {
    const open = this.firstUseWindow;
    if (open !== null && open.event === window) this.firstUseWindow = { ...open, taken: open.taken + 1 };
  }

  #approve(event: TrustEvent, at: number): void {
    if (event.pin === null) return;
    const expires = toTime(event.details["expires"]);
    const before = this.keys.get(event.pin);
    if (before?.state === "trusted") {
      // Former versions left it as it was.
      const source = (event.details["source"] ?? before.source) as KeySource;
      this.#change(event, { peer: event.peer, source, expires, staleSeen: false });
    } else {
      this.#trust(event, { source: event.type === "imported" ? "import" : "approved", expires });
      if (before !== undefined) this.#change(event, { endorsesFrom: at });
    }
  }

  #bar({ pin, peer, details }: TrustEvent, state: "revoked" | "ignored"): void {
    if (pin === null) return;
    const before = this.keys.get(pin) ?? UNDECIDED;
    // Before events said so, a key without a name got the one that it claimed if nobody had it.
    const isFree = peer !== null && !this.#holders.has(nameKey(peer));
    const bound = "boundName" in details ? (details["boundName"] ?? null) : isFree ? peer : null;
    this.#put(pin, { ...before, state, peer: before.peer ?? bound, expires: null, staleSeen: false });
  }

  #rename({ pin, peer, details }: TrustEvent, at: number): void {
    const key = pin === null ? undefined : this.keys.get(pin);
    if (pin !== null && key !== undefined) this.#put(pin, { ...key, peer });
    this.#moveGroups(details["formerName"] ?? "", peer, at);
  }

  /** The event says what the key became. */
  #undo({ pin, after, details }: TrustEvent, at: number): void {
    if (pin === null || after === null) return;
    const before = this.keys.get(pin) ?? { ...UNDECIDED, state: "pending" };
    const peer = details["boundName"] ?? null;
    this.#put(pin, {
      ...before,
      state: after,
      peer,
      source: details["source"] as KeySource,
      expires: toTime(details["expires"]),
      staleSeen: details["staleSeen"] === "yes",
      endorsesFrom: after === "trusted" && before.state !== "trusted" ? at : before.endorsesFrom,
    });
    if (details["act"] === "renamed") this.#moveGroups(details["formerName"] ?? "", peer, at);
  }

  #write(pin: KeyPin | null, note: string | null): void {
    if (pin === null) return;
    if (note === null) this.notes.delete(pin);
    else this.notes.set(pin, note);
  }

  #moveGroups(formerName: string, peer: string | null, at: number): void {
    const former = nameKey(formerName);
    const folded = nameKey(peer ?? "");
    if (former === folded) return;
    for (const [groupKey, { group }] of this.groups.get(former) ?? []) {
      this.#groupsOf(folded).set(groupKey, { group, addedAt: at });
    }
    this.groups.delete(former);
  }

  #change({ pin }: TrustEvent, over: Partial<FoldedKey>): void {
    const key = pin === null ? undefined : this.keys.get(pin);
    if (pin !== null && key !== undefined) this.#put(pin, { ...key, ...over });
  }

  #put(pin: KeyPin, key: FoldedKey | undefined): void {
    const former = this.keys.get(pin)?.peer ?? null;
    const name = key?.peer ?? null;
    if (former !== name) {
      this.#count(former, -1);
      this.#count(name, 1);
    }
    if (key === undefined) this.keys.delete(pin);
    else this.keys.set(pin, key);
  }

  #count(name: string | null, by: 1 | -1): void {
    if (name === null) return;
    const folded = nameKey(name);
    const count = (this.#holders.get(folded) ?? 0) + by;
    if (count > 0) this.#holders.set(folded, count);
    else this.#holders.delete(folded);
  }

  #note(about: string | null | undefined, problem: string | null | undefined): void {
    const problems = this.noted.get(about ?? "");
    if (problems === undefined) this.noted.set(about ?? "", new Set([problem ?? ""]));
    else problems.add(problem ?? "");
  }

  #groupsOf(folded: string): Map<string, FoldedMember> {
    let groups = this.groups.get(folded);
    if (groups === undefined) this.groups.set(folded, (groups = new Map()));
    return groups;
  }

  #createToken(event: TrustEvent, at: number): void {
    const { peer, details } = event;
    this.#dropTokens(at - ENDED_KEPT_MS);
    const id = details["token"] ?? "";
    const expires = toTime(details["expires"]) ?? 0;
    this.tokens.set(id, {
      id,
      publicKey: details["publicKey"] ?? undefined,
      peer: peer ?? "",
      nameKey: nameKey(peer ?? ""),
      serverPin: details["serverPin"] ?? undefined,
      from: details["from"] ?? null,
      replace: details["replace"] === "yes",
      groups: tokenGroupsOf(event),
      createdAt: at,
      expires,
      usedAt: null,
      usedBy: null,
      cancelledAt: null,
    });
    this.#firstEndOfToken = Math.min(this.#firstEndOfToken, expires);
  }

  #endToken(id: string | null | undefined, end: Partial<FoldedToken>, at: number): void {
    const token = this.tokens.get(id ?? "");
    if (token === undefined) return;
    this.tokens.set(token.id, { ...token, ...end });
    this.#firstEndOfToken = Math.min(this.#firstEndOfToken, at);
  }

  /** As stores do whenever a token is made. */
  #dropTokens(endedBefore: number): void {
    if (this.#firstEndOfToken >= endedBefore) return;
    this.#firstEndOfToken = Infinity;
    for (const { id, usedAt, cancelledAt, expires } of this.tokens.values()) {
      const end = usedAt ?? cancelledAt ?? expires;
      if (end < endedBefore) {
        this.tokens.delete(id);
        this.noted.delete(id);
      } else this.#firstEndOfToken = Math.min(this.#firstEndOfToken, end);
    }
  }
}

/** A pending key before somebody decides about it. */
const UNDECIDED: Omit<FoldedKey, "state"> = {
  peer: null,
  source: "first-use",
  expires: null,
  staleSeen: false,
  endorsesFrom: 0,
  rotatedAt: null,
};

function toNumber(text: string | null | undefined): number | null {
  return text === null || text === undefined ? null : Number(text);
}

/** An ISO 8601 time as milliseconds since the epoch. */
function toTime(text: string | null | undefined): number | null {
  return text === null || text === undefined ? null : Date.parse(text);
}
