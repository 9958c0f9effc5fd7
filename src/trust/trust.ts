import type { KeyPin } from "../x509/certificate-facts.ts";
import { isHandclaspError } from "../errors.ts";
import type { Change, RenewChange } from "./records/change.ts";
import type { Actor } from "./records/events.ts";
import { type FirstUseLimiter, FirstUseLimits } from "./limits/first-use-limits.ts";
import { isSetAside } from "./judging/is-set-aside.ts";
import { momentAfter } from "./records/moment.ts";
import { isMadeUp } from "./judging/is-made-up.ts";
import { isLapsed, judge, nameOf } from "./judging/judge.ts";
import { type Standing, standingOf, UNKNOWABLE } from "./judging/standing.ts";
import { toSeenCertificate } from "./judging/seen-certificate.ts";
import type { KeyRecord } from "./records/key-record.ts";
import { type PeerGroups, StoreGroups } from "./peer-groups.ts";
import { nameKey } from "./naming/peer-name.ts";
import { DEFAULT_POLICY, type Policy } from "./records/policy.ts";
import type { Rate } from "./records/rate.ts";
import type { Journal } from "./sightings/journal.ts";
import { SightingWriter } from "./sightings/sighting-writer.ts";
import type { Showing } from "./records/showing.ts";
import { sourceNetwork } from "./network/source-network.ts";
import { DEFAULT_ROTATIONS, isVouchedFor, RotationLimits } from "./limits/rotation-limits.ts";
import type { TrustChanges } from "./happenings/trust-changes.ts";
import { followTrustChanges } from "./trust-change.ts";
import type { TrustPort } from "./trust-port.ts";
import { checkTrustOptions, type OnTrustError, type TrustOptions } from "./trust-options.ts";
import type { TrustStore } from "./port/trust-store.ts";
import type { Claim, Concern, RefusalReason, Refuse, Settled, Verdict } from "./records/verdict.ts";

export type { OnTrustError, TrustOptions };

const FLUSH_MS = 1000;
const WEEK_MS = 7 * 24 * 3600 * 1000;

/** Decides about clients against a trust store. One for a process and store. */
export class Trust implements TrustPort, AsyncDisposable {
  readonly store: TrustStore;
  readonly policy: Policy;
  /** Which groups peers are in, by their keys. */
  readonly groups: PeerGroups;
  /** Takes down what happens to connections. */
  readonly journal: Journal;
  readonly #now: () => number;
  readonly #monotonic: () => number;
  readonly #process: string;
  readonly #limits: FirstUseLimiter;
  readonly #rotationRate: Rate;
  readonly #rotations: RotationLimits;
  readonly #maxPending: number;
  readonly #pendingForMs: number;
  readonly #onError: OnTrustError;
  readonly #sightings: SightingWriter;
  readonly #renewals = new Map<KeyPin, RenewChange>();
  readonly #noted = new Set<string>();
  #flushTimer: NodeJS.Timeout | undefined;
  /** Resolves when all is written that nobody waits for. */
  #notes: Promise<void> = Promise.resolve();

  constructor(store: TrustStore, options: TrustOptions) {
    checkTrustOptions(store, options);
    this.store = store;
    this.policy = { ...DEFAULT_POLICY, ...options.policy };
    this.#now = options.now;
    this.#monotonic = options.monotonic ?? options.now;
    this.#process = options.process;
    const { limits } = options;
    this.#limits = limits !== undefined && "take" in limits ? limits : new FirstUseLimits(limits);
    this.#rotationRate = options.rotations ?? DEFAULT_ROTATIONS;
    this.#rotations = new RotationLimits(this.#rotationRate);
    this.#maxPending = options.maxPending ?? 1000;
    this.#pendingForMs = options.pendingForMs ?? WEEK_MS;
    this.#onError = options.onError ?? (() => undefined);
    this.#sightings = new SightingWriter(store, this.#now, (error) => this.#onError(error, null));
    this.journal = this.#sightings;
    this.groups = new StoreGroups(store, this.#now, (error) => this.#onError(error, null));
  }

  /** What one handshake means, new or resumed. Synchronous; never throws: what cannot be known is refused. */
  judge(showing: Showing): Verdict {
    const { pin } = showing.certificate;
    try {
      const now = this.#now();
      const key = this.store.key(pin);
      const verdict = judge(showing, key, this.store, this.policy, now);
      if (verdict.decision === "admit") {
        if (verdict.renewed) this.#renew(showing);
        return verdict;
      }
      if (verdict.concern !== undefined) this.#noteConcern(verdict.concern, showing);
      const known = key !== undefined && !isLapsed(key, now);
      if (verdict.decision === "claim") {
        return this.#mayClaim(verdict, showing, known) ? verdict : refusal("rate-limited", pin, verdict.peer);
      }
      return this.#keep(verdict, showing, known ? key : undefined, now);
    } catch (error) {
      if (isHandclaspError(error, "ERR_HANDCLASP_CERTIFICATE_MALFORMED")) {
        return { ...refusal("malformed-certificate", pin), problem: error.message };
      }
      if (isHandclaspError(error, "ERR_HANDCLASP_KEY_UNSUPPORTED")) {
        return { ...refusal("unsupported-key", pin), problem: error.message };
      }
      this.#onError(error, showing.listener ?? null);
      return { ...refusal("store-unavailable", pin), problem: String(error) };
    }
  }

  /** Makes a claim durable. Never rejects: a store that cannot write refuses. */
  async settle(claim: Claim, showing: Showing): Promise<Settled> {
    const at = this.#now();
    try {
      const outcome = await this.store.apply(this.#changeFor(claim, showing, at));
      if (outcome.kind === "lost") {
        const { reason, conflictsWith, concern } = outcome;
        if (reason === "rate-limited") this.#rotations.refused(claim.pin);
        const refuse = { ...refusal(reason, claim.pin, claim.peer), conflictsWith };
        return concern === undefined ? refuse : { ...refuse, concern };
      }
      const [key] = outcome.keys;
      return {
        decision: "admit",
        peer: key?.peer ?? claim.peer,
        pin: claim.pin,
        firstUse: claim.endorsedBy === undefined,
        renewed: false,
        rotated: claim.endorsedBy !== undefined,
        until: key?.expires ?? null,
      };
    } catch (error) {
      this.#onError(error, showing.listener ?? null);
      return { ...refusal("store-unavailable", claim.pin, claim.peer), problem: String(error) };
    }
  }

  /** Whether a key is trusted now; false when the store cannot tell. */
  isTrusted(pin: KeyPin): boolean {
    return this.standing(pin).distrust === undefined;
  }

  /** How a key stands now: whether it is trusted, why not, until when, and whose it is. */
  standing(pin: KeyPin): Standing {
    try {
      return standingOf(this.store.key(pin), this.#now());
    } catch (error) {
      this.#onError(error, null);
      return UNKNOWABLE;
    }
  }

  /**
   * Calls back with the keys whose trust changed, in whichever process, and what each lost, even if it has it again by
   * now. Returns how to stop.
   */
  onChange(listener: (changes: TrustChanges) => void): () => void {
    return followTrustChanges(this.store, listener, (error) => this.#onError(error, null));
  }

  /**
   * Writes what was seen so far, and waits for what is being written. Happens by itself about once a second, for a few
   * refusals within 100 ms.
   */
  async flush(): Promise<void> {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    this.#noted.clear();
    const renewals = [...this.#renewals.values()];
    this.#renewals.clear();
    try {
      await Promise.all([
        this.#notes,
        this.#sightings.flush(),
        ...renewals.map((change) => this.store.apply(change)),
      ]);
    } catch (error) {
      this.#onError(error, null);
    }
  }

  /** Flushes. The store stays open: whoever opened it closes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush();
    clearTimeout(this.#flushTimer);
  }

  #changeFor(claim: Claim, showing: Showing, at: number): Change {
    const certificate = toSeenCertificate(showing.certificate);
    const origin = { at, actor: this.#actor(showing), certificate };
    const pending = { pendingExpires: momentAfter(at, this.#pendingForMs), maxPending: this.#maxPending };
    const { token, endorsedBy, concern, peer, source, whileOpen } = claim;
    if (token !== undefined) return { type: "join", ...origin, token };
    if (endorsedBy !== undefined)
      return { type: "rotate", ...origin, ...pending, endorsedBy, limit: this.#rotationRate };
    const change = {
      type: "claim",
      ...origin,
      ...pending,
      peer,
      source,
      ...(whileOpen && { whileOpen }),
    } as const;
    return concern === undefined ? change : { ...change, endorsedBy: concern.about };
  }

  /** What concerns nothing of ours is a sighting, not an event. */
  #noteConcern(concern: Concern, showing: Showing): void {
    if (isMadeUp(concern.problem)) return;
    const { pin } = showing.certificate;
    this.#note(`${concern.problem} ${concern.about}`, {
      type: "note-concern",
      ...this.#origin(showing),
      concern,
      pin,
    });
  }

  /** Tokens are counted by whoever made them. */
  #mayClaim(claim: Claim, showing: Showing, known: boolean): boolean {
    if (claim.source === "rotation") return this.#mayRotate(claim, showing);
    return known || claim.source === "token" || this.#mayMeet(showing);
  }

  /** A peer is counted for itself, wherever it comes from; one that is nobody's but its own as a stranger, too. */
  #mayRotate({ peer, pin }: Claim, showing: Showing): boolean {
    const now = this.#monotonic();
    if (this.#rotations.isTaken(pin)) return true;
    if (!this.#rotations.mayTake(peer, pin, now)) return false;
    if (!isVouchedFor(this.store.keysOfName(nameKey(peer))) && !this.#mayMeet(showing)) return false;
    return this.#rotations.take(peer, pin, now);
  }

  #mayMeet(showing: Showing): boolean {
    return this.#limits.take(sourceNetwork(showing.remoteAddress), this.#monotonic());
  }

  /** What a refusal leaves behind: an unknown key for review, a new name, a sign of theft. */
  #keep(refuse: Refuse, showing: Showing, known: KeyRecord | undefined, now: number): Refuse {
    const { reason, pin } = refuse;
    if (reason === "pending" || reason === "key-changed") {
      if (known === undefined && !this.#mayMeet(showing)) return refusal("rate-limited", pin, refuse.peer);
      this.#sightings.seen(showing.certificate.pin);
      if (known !== undefined && isSetAside(known)) return refuse;
      if (known !== undefined && isKeptAlready(known, refuse, showing)) return refuse;
      // Another certificate of a key that waits is written anew: it costs its network what a new key does.
      const isOther = known !== undefined && known.fingerprint !== showing.certificate.fingerprint;
      if (isOther && !this.#mayMeet(showing)) return refuse;
      this.#note(`hold ${pin}`, {
        type: "hold",
        ...this.#origin(showing),
        peer:
          refuse.concern?.problem === "endorsed"
            ? refuse.peer
            : (nameOf(showing.certificate, this.policy) ?? null),
        certificate: toSeenCertificate(showing.certificate),
        conflictsWith: refuse.conflictsWith,
        pendingExpires: momentAfter(now, this.#pendingForMs),
        maxPending: this.#maxPending,
      });
    } else if (reason === "name-changed" && showing.resumed !== true) {
      this.#note(`name ${pin}`, {
        type: "note-name",
        ...this.#origin(showing),
        certificate: toSeenCertificate(showing.certificate),
      });
    } else if ((reason === "revoked" || reason === "retired") && known?.staleSeen === false) {
      this.#note(`stale ${pin}`, { type: "note-stale", ...this.#origin(showing), pin: known.pin });
    }
    return refuse;
  }

  #renew(showing: Showing): void {
    const certificate = toSeenCertificate(showing.certificate);
    this.#renewals.set(certificate.pin, { type: "renew", ...this.#origin(showing), certificate });
    this.#flushSoon();
  }

  /** Writes without anybody waiting, at most once for the same thing between two flushes. */
  #note(what: string, change: Change): void {
    if (this.#noted.has(what)) return;
    this.#noted.add(what);
    this.#flushSoon();
    const noted = this.store.apply(change).then(
      () => undefined,
      (error: unknown) => this.#onError(error, change.actor.listener),
    );
    this.#notes = this.#notes.then(() => noted);
  }

  #origin(showing: Showing): { at: number; actor: Actor } {
    return { at: this.#now(), actor: this.#actor(showing) };
  }

  #actor(showing: Showing): Actor {
    return {
      user: null,
      process: this.#process,
      address: showing.remoteAddress ?? null,
      listener: showing.listener ?? null,
    };
  }

  #flushSoon(): void {
    this.#flushTimer ??= setTimeout(() => void this.flush(), FLUSH_MS).unref();
  }
}

function isKeptAlready(known: KeyRecord, refuse: Refuse, { certificate }: Showing): boolean {
  return known.fingerprint === certificate.fingerprint && known.conflictsWith === refuse.conflictsWith;
}

function refusal(reason: RefusalReason, pin: KeyPin | null, peer: string | null = null): Refuse {
  return { decision: "refuse", reason, pin, peer, conflictsWith: null };
}
