import { HandclaspError } from "../errors.ts";
import type { SeenCertificate } from "../trust/changes/change.ts";
import type { Actor } from "../trust/events.ts";
import { judgeEndorsement } from "../trust/judge-endorsement.ts";
import { toKeyId } from "../trust/key-id.ts";
import type { KeyPin } from "../trust/key-record.ts";
import { escapeText, nameKey } from "../trust/peer-name.ts";
import type { TrustStore } from "../trust/trust-store.ts";
import type { Endorser } from "../trust/verdict.ts";
import type { CertificateFacts } from "../x509/certificate-facts.ts";
import { readEndorsement } from "../x509/endorsement.ts";

/** What a server that was never met leads to. OpenSSH's words for StrictHostKeyChecking: accept-new, ask, yes. */
export type VerifyServer = "accept" | "ask" | "refuse";

export interface ServerRefusal {
  readonly decision: "refuse";
  readonly reason: "unknown" | "key-changed" | "revoked" | "ignored" | "retired" | "expired";
  /** The keys that are known at this address. */
  readonly known: readonly KeyPin[];
}

/** `claim` is a first use or, with `endorsedBy`, a rotation: to be remembered before any data goes out. */
export type ServerVerdict =
  | { readonly decision: "admit" }
  | { readonly decision: "claim"; readonly endorsedBy?: Endorser }
  | ServerRefusal;

export interface KnownServersOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Who acts, for events. */
  readonly process: string;
}

/** What is looked at of a server's certificate. */
export type ServerKey = Pick<CertificateFacts, "pin" | "spki" | "endorsement">;

const WEEK_MS = 7 * 24 * 3600 * 1000;
const MOST_PENDING = 1000;

/**
 * Which key speaks for which address, in a trust store of its own: what a server may do is never mixed with what a
 * client may do. A peer's name is `HOST:PORT`. The dates of a server's certificate are not looked at: the pin is.
 */
export class KnownServers {
  readonly store: TrustStore;
  readonly #options: KnownServersOptions;

  constructor(store: TrustStore, options: KnownServersOptions) {
    this.store = store;
    this.#options = options;
  }

  /** What a server's key means. Synchronous, so that nothing goes out before it is known. */
  judge(address: string, facts: ServerKey, verify: VerifyServer): ServerVerdict {
    const { pin } = facts;
    const known = this.pinsOf(address);
    const key = this.store.key(pin);
    if (key !== undefined && key.state !== "trusted" && key.state !== "pending") {
      return { decision: "refuse", reason: key.state, known };
    }
    if (known.length === 0) {
      return verify === "accept" ? { decision: "claim" } : { decision: "refuse", reason: "unknown", known };
    }
    if (!known.includes(pin)) return this.#judgeRotation(facts, known);
    const ended = key?.expires !== null && key?.expires !== undefined && this.#options.now() >= key.expires;
    return ended ? { decision: "refuse", reason: "expired", known } : { decision: "admit" };
  }

  /** The keys bound to an address, in whatever state; else those of the server that was met there and at another. */
  pinsOf(address: string): readonly KeyPin[] {
    const bound = this.store.keysOfName(nameKey(address)).map(({ pin }) => pin);
    if (bound.length > 0) return bound;
    const shared = this.#sharedPin(address);
    const elsewhere = shared === undefined ? undefined : this.store.key(shared)?.peer;
    if (shared === undefined || !elsewhere) return shared === undefined ? [] : [shared];
    return this.store.keysOfName(nameKey(elsewhere)).map(({ pin }) => pin);
  }

  /** A key that the one known there named as its successor takes its place. */
  #judgeRotation(facts: ServerKey, known: readonly KeyPin[]): ServerVerdict {
    const endorsed = judgeEndorsement(
      facts.pin,
      readEndorsement(facts),
      { keyOf: (pin) => this.store.key(pin), isForgotten: (pin) => this.store.isForgotten(pin) },
      this.#options.now(),
    );
    if (endorsed.kind !== "endorsed" || !known.includes(endorsed.by.pin)) {
      return { decision: "refuse", reason: "key-changed", known };
    }
    return { decision: "claim", endorsedBy: { pin: endorsed.by.pin, issuedAt: endorsed.issuedAt } };
  }

  /**
   * Binds a key to an address that has none, or that has the key which endorsed it. Durable when it resolves; throws
   * ERR_HANDCLASP_REFUSED for a rival's.
   */
  async remember(address: string, facts: CertificateFacts, endorsedBy?: Endorser): Promise<void> {
    if (endorsedBy !== undefined) {
      await this.store.apply({ type: "rotate", endorsedBy, ...this.#origin(address, facts) });
    } else if (this.store.key(facts.pin)?.state === "trusted") {
      await this.store.putSetting(sharedSetting(address), facts.pin);
    } else {
      const change = {
        type: "claim",
        source: "first-use",
        peer: address,
        ...this.#origin(address, facts),
      } as const;
      await this.store.apply(change);
      const rival = this.#sharedPin(address);
      if (rival !== undefined && rival !== facts.pin) {
        await this.store.apply({ type: "forget", at: change.at, actor: change.actor, pins: [facts.pin] });
      }
    }
    const verdict = this.judge(address, facts, "refuse");
    if (verdict.decision === "refuse") throw this.#refusal(address, facts, verdict);
  }

  /** Keeps a refused key for `trust approve`, and says what was refused and which command changes that. */
  async refuse(address: string, facts: CertificateFacts, refusal: ServerRefusal): Promise<HandclaspError> {
    if (refusal.reason === "unknown" || refusal.reason === "key-changed") {
      const conflictsWith = refusal.known[0] ?? null;
      await this.store.apply({ type: "hold", peer: address, conflictsWith, ...this.#origin(address, facts) });
    }
    return this.#refusal(address, facts, refusal);
  }

  /** One key at several addresses: a store binds it to one name, the others are kept beside it. */
  #sharedPin(address: string): KeyPin | undefined {
    const pin = this.store.setting(sharedSetting(address)) as KeyPin | undefined;
    return pin !== undefined && this.store.key(pin) !== undefined ? pin : undefined;
  }

  #origin(
    address: string,
    { pin, fingerprint, der }: CertificateFacts,
  ): {
    readonly at: number;
    readonly actor: Actor;
    readonly certificate: SeenCertificate;
    readonly pendingExpires: number;
    readonly maxPending: number;
  } {
    const at = this.#options.now();
    return {
      at,
      actor: { user: null, process: this.#options.process, address },
      certificate: { pin, fingerprint, der, claimedName: address },
      pendingExpires: at + WEEK_MS,
      maxPending: MOST_PENDING,
    };
  }

  #refusal(address: string, { pin }: CertificateFacts, { reason, known }: ServerRefusal): HandclaspError {
    const where = escapeText(address);
    const shown = `  it shows    ${toKeyId(pin)}\n              ${pin}`;
    const expected = known.map((one) => `  known as    ${toKeyId(one)}\n              ${one}`).join("\n");
    const details = { reason, address, pin, known };
    const approve = `handclasp trust approve ${toKeyId(pin)} --store ${shellQuoted(this.store.url)}`;
    if (reason === "key-changed") {
      const message = `${where} has another key than before: it may be somebody else\n${expected}\n${shown}`;
      const elsewhere = this.store.key(pin)?.state === "trusted";
      const forget = `handclasp trust forget ${toKeyId(known[0] ?? pin)} --store ${shellQuoted(this.store.url)}`;
      const hint = `if whoever runs it confirms the new key: ${elsewhere ? forget : `${approve} --replace`}`;
      return new HandclaspError("ERR_HANDCLASP_REFUSED", message, { hint, details });
    }
    if (reason === "unknown") {
      const hint = `compare the key id with the server's, then: ${approve}`;
      return new HandclaspError("ERR_HANDCLASP_REFUSED", `${where} is not a known server\n${shown}`, {
        hint,
        details,
      });
    }
    const message = `the key of ${where} is ${reason} here\n${shown}`;
    return new HandclaspError("ERR_HANDCLASP_REFUSED", message, {
      hint: `to trust it again: ${approve}`,
      details,
    });
  }
}

function sharedSetting(address: string): string {
  return `known-server:${nameKey(address)}`;
}

function shellQuoted(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
