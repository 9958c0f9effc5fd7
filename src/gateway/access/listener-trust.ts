import type { TrustPort } from "../../guard/trust-port.ts";
import type { GuardedConnection } from "../../guard/connection/guarded-connection.ts";
import type { Distrust } from "../../trust/judging/distrust.ts";
import type { KeyPin } from "../../trust/records/key-record.ts";
import type { PeerGroups } from "../../trust/peer-groups.ts";
import type { Showing } from "../../trust/records/showing.ts";
import type { LiveConnection, Refusal, RefusedFrom } from "../../trust/records/sighting.ts";
import type { Trust } from "../../trust/trust.ts";
import { type TrustChange, type TrustChanges, UNCHANGED } from "../../trust/trust-change.ts";
import type { Claim, Refuse, Settled, Verdict } from "../../trust/records/verdict.ts";
import { AllowList, type GroupLookup } from "./allow-list.ts";

/** What a listener needs of `Trust`. */
export type ListenerTrustPort = TrustPort & Pick<Trust, "peerOf">;

type OnChange = (changes: TrustChanges) => void;

/** What a listener makes of the trust it shares with others: being trusted is not enough where there is a list. */
export class ListenerTrust implements ListenerTrustPort {
  readonly #trust: ListenerTrustPort;
  readonly #groups: GroupLookup;
  readonly #listeners = new Set<OnChange>();
  #allowed: AllowList;

  constructor(trust: ListenerTrustPort, allow: readonly string[] | undefined, groups: GroupLookup) {
    this.#trust = trust;
    this.#groups = groups;
    this.#allowed = new AllowList(allow, groups);
  }

  /** Puts another list in place, and has connections looked at again. */
  allow(allow: readonly string[] | undefined, connections: Iterable<GuardedConnection>): void {
    this.#allowed = new AllowList(allow, this.#groups);
    const changes = new Map<KeyPin, TrustChange>();
    for (const { peer } of connections) if (peer !== undefined) changes.set(peer.pin, UNCHANGED);
    for (const listener of this.#listeners) listener(changes);
  }

  get groups(): PeerGroups {
    return this.#trust.groups;
  }

  judge(showing: Showing): Verdict {
    const verdict = this.#trust.judge(showing);
    if (verdict.decision === "refuse" || this.#allowed.isOpen) return verdict;
    try {
      return this.#allowed.has(verdict.peer) ? verdict : turnDown("not-allowed", verdict);
    } catch (error) {
      return { ...turnDown("store-unavailable", verdict), problem: String(error) };
    }
  }

  settle(claim: Claim, showing: Showing): Promise<Settled> {
    return this.#trust.settle(claim, showing);
  }

  /** Why a key is not trusted, or its peer may not be here. */
  distrustOf(pin: KeyPin): Distrust | undefined {
    const distrust = this.#trust.distrustOf(pin);
    if (distrust !== undefined || this.#allowed.isOpen) return distrust;
    const peer = this.#trust.peerOf(pin);
    try {
      return peer !== undefined && this.#allowed.has(peer) ? undefined : "not-allowed";
    } catch {
      return "store-unavailable";
    }
  }

  trustedUntil(pin: KeyPin): number | null {
    return this.#trust.trustedUntil(pin);
  }

  peerOf(pin: KeyPin): string | undefined {
    return this.#trust.peerOf(pin);
  }

  seen(pin: KeyPin): void {
    this.#trust.seen(pin);
  }

  refused(refusal: Refusal, from: RefusedFrom): void {
    this.#trust.refused(refusal, from);
  }

  connectionOpened(connection: LiveConnection): void {
    this.#trust.connectionOpened(connection);
  }

  connectionClosed(id: string): void {
    this.#trust.connectionClosed(id);
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
      const peer = this.#trust.peerOf(pin);
      const stayed = peer !== undefined && this.#stayed(peer, change.leftGroups);
      if (!stayed) here.set(pin, { ...change, fell: "not-allowed" });
    }
    return here;
  }

  #stayed(peer: string, leftGroups: readonly string[]): boolean {
    try {
      return this.#allowed.hasWithout(peer, leftGroups);
    } catch {
      return false;
    }
  }
}

function turnDown(reason: "not-allowed" | "store-unavailable", { pin, peer }: Verdict): Refuse {
  return { decision: "refuse", reason, pin, peer, conflictsWith: null };
}
