import type { GuardedConnection } from "../../guard/connection/guarded-connection.ts";
import type { Standing } from "../../trust/judging/standing.ts";
import type { KeyPin } from "../../trust/records/key-record.ts";
import type { PeerGroups } from "../../trust/peer-groups.ts";
import type { Showing } from "../../trust/records/showing.ts";
import type { Journal } from "../../trust/sightings/journal.ts";
import type { TrustPort } from "../../trust/trust-port.ts";
import { type TrustChange, type TrustChanges, UNCHANGED } from "../../trust/happenings/trust-changes.ts";
import type { Claim, Refuse, Verdict } from "../../trust/records/verdict.ts";
import { AllowList, type GroupLookup } from "./allow-list.ts";

type OnChange = (changes: TrustChanges) => void;

/** What a listener makes of the trust it shares with others: being trusted is not enough where there is a list. */
export class ListenerTrust implements TrustPort {
  readonly groups: PeerGroups;
  readonly journal: Journal;
  readonly settle: TrustPort["settle"];
  readonly #trust: TrustPort;
  readonly #groups: GroupLookup;
  readonly #listeners = new Set<OnChange>();
  /** A peer has to be in all of them. */
  #allowed: readonly AllowList[];

  constructor(trust: TrustPort, allow: readonly string[] | undefined, groups: GroupLookup) {
    this.groups = trust.groups;
    this.journal = trust.journal;
    this.settle = trust.settle.bind(trust);
    this.#trust = trust;
    this.#groups = groups;
    this.#allowed = [new AllowList(allow, groups)];
  }

  /** Puts other lists in place, of which a peer has to be in all, and has connections looked at again. */
  allow(lists: readonly (readonly string[] | undefined)[], connections: Iterable<GuardedConnection>): void {
    this.#allowed = lists.map((allow) => new AllowList(allow, this.#groups));
    const changes = new Map<KeyPin, TrustChange>();
    for (const { peer } of connections) if (peer !== undefined) changes.set(peer.pin, UNCHANGED);
    for (const listener of this.#listeners) listener(changes);
  }

  judge(showing: Showing): Verdict {
    const verdict = this.#trust.judge(showing);
    if (verdict.decision === "refuse" || this.#isOpen) return verdict;
    try {
      // Who comes with a token is looked for as it will be, so that a token is not spent on who is refused then.
      const isIn = verdict.decision === "claim" ? this.#willBeIn(verdict) : this.#isIn(verdict.peer);
      return isIn ? verdict : turnDown("not-allowed", verdict);
    } catch (error) {
      return { ...turnDown("store-unavailable", verdict), problem: String(error) };
    }
  }

  /** How a key stands here: being trusted is not enough. */
  standing(pin: KeyPin): Standing {
    const standing = this.#trust.standing(pin);
    if (standing.distrust !== undefined || this.#isOpen) return standing;
    try {
      const isAllowed = standing.peer !== undefined && this.#isIn(standing.peer);
      return isAllowed ? standing : { ...standing, distrust: "not-allowed" };
    } catch {
      return { ...standing, distrust: "store-unavailable" };
    }
  }

  onChange(listener: OnChange): () => void {
    this.#listeners.add(listener);
    const stop = this.#trust.onChange((changes) => listener(this.#here(changes)));
    return () => {
      this.#listeners.delete(listener);
      stop();
    };
  }

  /** What a change of trust means here: who left a group of the list fell, unless something else lets its peer in. */
  #here(changes: TrustChanges): TrustChanges {
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
      return this.#isIn(peer, leftGroups);
    } catch {
      return false;
    }
  }

  get #isOpen(): boolean {
    return this.#allowed.every(({ isOpen }) => isOpen);
  }

  #willBeIn({ peer, groups = [] }: Claim): boolean {
    return this.#allowed.every((list) => list.hasWith(peer, groups));
  }

  #isIn(peer: string, without: readonly string[] = []): boolean {
    return this.#allowed.every((list) => list.hasWithout(peer, without));
  }
}

function turnDown(reason: "not-allowed" | "store-unavailable", { pin, peer }: Verdict): Refuse {
  return { decision: "refuse", reason, pin, peer, conflictsWith: null };
}
