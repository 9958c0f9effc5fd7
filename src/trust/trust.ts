import type { KeyPin } from "../x509/certificate-facts.ts";
import { isHandclaspError } from "../errors.ts";
import type { Change } from "./records/change.ts";
import type { Actor } from "./records/events.ts";
import { ClaimLimits } from "./claim-limits.ts";
import { NoteWriter } from "./note-writer.ts";
import { FirstUseLimits } from "./limits/first-use-limits.ts";
import { isSetAside } from "./judging/is-set-aside.ts";
import { momentAfter } from "./records/moment.ts";
import { isMadeUp } from "./judging/is-made-up.ts";
import { isLapsed, judge, nameOf } from "./judging/judge.ts";
import { type Standing, standingOf, UNKNOWABLE } from "./judging/standing.ts";
import { toSeenCertificate } from "./judging/seen-certificate.ts";
import type { KeyRecord } from "./records/key-record.ts";
import { type PeerGroups, StoreGroups } from "./peer-groups.ts";
import { DEFAULT_POLICY, type Policy } from "./records/policy.ts";
import type { Rate } from "./records/rate.ts";
import type { Journal } from "./sightings/journal.ts";
import { SightingWriter } from "./sightings/sighting-writer.ts";
import type { Showing } from "./records/showing.ts";
import { DEFAULT_ROTATIONS } from "./limits/rotation-limits.ts";
import { followTrustChanges, type OnTrustChange } from "./trust-change.ts";
import type { TrustPort } from "./trust-port.ts";
import { checkTrustOptions, type OnTrustError, type TrustOptions } from "./trust-options.ts";
import type { TrustStore } from "./port/trust-store.ts";
import type { Claim, Concern, RefusalReason, Refuse, Settled, Verdict } from "./records/verdict.ts";

export type { OnTrustError, TrustOptions };

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
  readonly #process: string;
  readonly #limits: ClaimLimits;
  readonly #rotationRate: Rate;
  readonly #maxPending: number;
  readonly #pendingForMs: number;
  readonly #onError: OnTrustError;
  readonly #sightings: SightingWriter;
  readonly #notes: NoteWriter;

  constructor(store: TrustStore, options: TrustOptions) {
    checkTrustOptions(store, options);
    this.store = store;
    this.policy = { ...DEFAULT_POLICY, ...options.policy };
    this.#now = options.now;
    this.#process = options.process;
    const { limits } = options;
    this.#rotationRate = options.rotations ?? DEFAULT_ROTATIONS;
    this.#limits = new ClaimLimits({
      store,
      firstUse: limits !== undefined && "take" in limits ? limits : new FirstUseLimits(limits),
      rotation: this.#rotationRate,
      monotonic: options.monotonic ?? options.now,
    });
    this.#maxPending = options.maxPending ?? 1000;
    this.#pendingForMs = options.pendingForMs ?? WEEK_MS;
    this.#onError = apart(options.onError ?? (() => undefined));
    this.#notes = new NoteWriter(store, this.#onError);
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
        if (verdict.renewed) {
          const certificate = toSeenCertificate(showing.certificate);
          this.#notes.renew({ type: "renew", ...this.#origin(showing), certificate });
        }
        return verdict;
      }
      if (verdict.concern !== undefined) this.#noteConcern(verdict.concern, showing);
      const known = key !== undefined && !isLapsed(key, now);
      if (verdict.decision === "claim") {
        return this.#limits.mayClaim(verdict, showing, known)
          ? verdict
          : refusal("rate-limited", pin, verdict.peer);
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
        if (reason === "rate-limited") this.#limits.rotationRefused(claim);
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

  /** Who shows no certificate is for whoever guards a place to judge. */
  letsInAnonymous(): boolean {
    return true;
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
   * now; and whether everybody is to be judged anew. Returns how to stop.
   */
  onChange(listener: OnTrustChange): () => void {
    return followTrustChanges(this.store, listener, (error) => this.#onError(error, null));
  }

  /**
   * Writes what was seen so far, and waits for what is being written. Happens by itself about once a second, for a few
   * refusals within 100 ms.
   */
  async flush(): Promise<void> {
    await Promise.all([this.#notes.flush(), this.#sightings.flush()]);
  }

  /** Flushes. The store stays open: whoever opened it closes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush();
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
    this.#notes.note(`${concern.problem} ${concern.about}`, {
      type: "note-concern",
      ...this.#origin(showing),
      concern,
      pin,
    });
  }

  /** What a refusal leaves behind: an unknown key for review, a new name, a sign of theft. */
  #keep(refuse: Refuse, showing: Showing, known: KeyRecord | undefined, now: number): Refuse {
    const { reason, pin } = refuse;
    if (reason === "pending" || reason === "key-changed") {
      if (known === undefined && !this.#limits.mayMeet(showing))
        return refusal("rate-limited", pin, refuse.peer);
      this.#sightings.seen(showing.certificate.pin);
      if (known !== undefined && isSetAside(known)) return refuse;
      if (known !== undefined && isKeptAlready(known, refuse, showing)) return refuse;
      // Another certificate of a key that waits is written anew: it costs its network what a new key does.
      const isOther = known !== undefined && known.fingerprint !== showing.certificate.fingerprint;
      if (isOther && !this.#limits.mayMeet(showing)) return refuse;
      this.#notes.note(`hold ${pin}`, {
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
      this.#notes.note(`name ${pin}`, {
        type: "note-name",
        ...this.#origin(showing),
        certificate: toSeenCertificate(showing.certificate),
      });
    } else if ((reason === "revoked" || reason === "retired") && known?.staleSeen === false) {
      this.#notes.note(`stale ${pin}`, { type: "note-stale", ...this.#origin(showing), pin: known.pin });
    }
    return refuse;
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
}

/** What whoever is told throws is its own affair: it changes no verdict, and keeps nobody in. */
function apart(onError: OnTrustError): OnTrustError {
  return (error, listener) => {
    try {
      onError(error, listener);
    } catch (thrown) {
      queueMicrotask(() => {
        throw thrown;
      });
    }
  };
}

function isKeptAlready(known: KeyRecord, refuse: Refuse, { certificate }: Showing): boolean {
  return known.fingerprint === certificate.fingerprint && known.conflictsWith === refuse.conflictsWith;
}

function refusal(reason: RefusalReason, pin: KeyPin | null, peer: string | null = null): Refuse {
  return { decision: "refuse", reason, pin, peer, conflictsWith: null };
}
