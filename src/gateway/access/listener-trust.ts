import type { GuardedConnection } from "../../guard/connection/guarded-connection.ts";
import type { Standing } from "../../trust/judging/standing.ts";
import type { KeyPin } from "../../trust/records/key-record.ts";
import type { PeerGroups } from "../../trust/peer-groups.ts";
import type { Showing } from "../../trust/records/showing.ts";
import type { Journal } from "../../trust/sightings/journal.ts";
import type { TrustPort, Whereabouts } from "../../trust/trust-port.ts";
import { type TrustChange, type TrustChanges, UNCHANGED } from "../../trust/happenings/trust-changes.ts";
import type { Claim, Refuse, Verdict } from "../../trust/records/verdict.ts";
import { AllowList, type GroupLookup } from "./allow-list.ts";
import type { Welcome } from "./welcome.ts";

type OnChange = (changes: TrustChanges, isAll: boolean) => void;
/** A client has to be in all of them. */
type Lists = readonly AllowList[];

/** What a listener makes of the trust it shares with others: being trusted is not enough where there is a list. */
export class ListenerTrust implements TrustPort {
  readonly groups: PeerGroups;
  readonly journal: Journal;
  readonly settle: TrustPort["settle"];
  readonly #trust: TrustPort;
  readonly #groups: GroupLookup;
  readonly #listeners = new Set<OnChange>();
  #known: Lists = [];
  #newcomers: Lists = [];

  constructor(trust: TrustPort, welcome: Welcome, groups: GroupLookup) {
    this.groups = trust.groups;
    this.journal = trust.journal;
    this.settle = trust.settle.bind(trust);
    this.#trust = trust;
    this.#groups = groups;
    this.#welcome([welcome]);
  }

  /** Goes by others from now on, of which each has to let a client in, and has connections of peers looked at again. */
  welcome(all: readonly Welcome[], connections: Iterable<GuardedConnection>): void {
    this.#welcome(all);
    const changes = new Map<KeyPin, TrustChange>();
    for (const { peer } of connections) if (peer !== undefined) changes.set(peer.pin, UNCHANGED);
    for (const listener of this.#listeners) listener(changes, false);
  }

  judge(showing: Showing): Verdict {
    const verdict = this.#trust.judge(showing);
    if (verdict.decision === "refuse") return verdict;
    const lists = verdict.decision === "claim" ? this.#newcomers : this.#known;
    if (haveEveryPeer(lists)) return verdict;
    try {
      // Who comes with a token is looked for as it will be, so that a token is not spent on who is refused then.
      const isIn =
        verdict.decision === "claim"
          ? willBeIn(lists, verdict, showing)
          : areIn(lists, verdict.peer, showing);
      return isIn ? verdict : turnDown("not-allowed", verdict);
    } catch (error) {
      return { ...turnDown("store-unavailable", verdict), problem: String(error) };
    }
  }

  letsInAnonymous(from: Whereabouts): boolean {
    return areIn(this.#known, undefined, from);
  }

  /** How a key stands here: being trusted is not enough. */
  standing(pin: KeyPin, from?: Whereabouts, without?: readonly string[]): Standing {
    const standing = this.#trust.standing(pin);
    if (standing.distrust !== undefined || haveEveryPeer(this.#known)) return standing;
    try {
      const isAllowed = standing.peer !== undefined && areIn(this.#known, standing.peer, from, without);
      return isAllowed ? standing : { ...standing, distrust: "not-allowed" };
    } catch {
      return { ...standing, distrust: "store-unavailable" };
    }
  }

  onChange(listener: OnChange): () => void {
    this.#listeners.add(listener);
    const stop = this.#trust.onChange((changes, isAll) => listener(this.#here(changes), isAll));
    return () => {
      this.#listeners.delete(listener);
      stop();
    };
  }

  #welcome(all: readonly Welcome[]): void {
    this.#known = all.map(({ known }) => new AllowList(known, this.#groups));
    this.#newcomers = all.map(({ newcomers }) => new AllowList(newcomers, this.#groups));
  }

  /** What a change of trust means here: who left a group of the list fell, unless something else lets its peer in. */
  #here(changes: TrustChanges): TrustChanges {
    // Where networks let peers in, that is for each of their connections to say.
    if (this.#known.some(({ hasNetworks }) => hasNetworks)) return changes;
    const here = new Map(changes);
    for (const [pin, change] of changes) {
      if (change.fell !== undefined || change.leftGroups.length === 0) continue;
      const peer = this.#trust.standing(pin).peer;
      const stayed = peer !== undefined && this.#stayed(peer, change.leftGroups);
      if (!stayed) here.set(pin, { ...change, fell: "not-allowed" });
    }
    return here;
  }

  #stayed(peer: string, leftGroups: readonly string[]): boolean {
    try {
      return areIn(this.#known, peer, undefined, leftGroups);
    } catch {
      return false;
    }
  }
}

function haveEveryPeer(lists: Lists): boolean {
  return lists.every(({ hasEveryPeer }) => hasEveryPeer);
}

function willBeIn(lists: Lists, { peer, groups = [] }: Claim, from: Whereabouts): boolean {
  return lists.every((list) => list.hasWith(peer, groups, from));
}

function areIn(
  lists: Lists,
  peer: string | undefined,
  from: Whereabouts | undefined,
  without?: readonly string[],
): boolean {
  return lists.every((list) => list.has(peer, from, without));
}

function turnDown(reason: "not-allowed" | "store-unavailable", verdict: Verdict): Refuse {
  const { pin, peer } = verdict;
  const refuse = { decision: "refuse", reason, pin, peer, conflictsWith: null } as const;
  const about = reason === "not-allowed" && verdict.decision === "claim" ? verdict.token : undefined;
  return about === undefined ? refuse : { ...refuse, concern: { about, problem: "not-listed" } };
}
