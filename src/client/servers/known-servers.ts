import { check, checkOptions, FUNCTION, type OptionRules, TEXT } from "../../check-options.ts";
import { type HandclaspError, isHandclaspError } from "../../errors.ts";
import type { SeenCertificate } from "../../trust/records/change.ts";
import { STORE } from "../../trust/trust-options.ts";
import type { Actor } from "../../trust/records/events.ts";
import { isMadeUp } from "../../trust/judging/is-made-up.ts";
import type { KeyPin } from "../../trust/records/key-record.ts";
import { nameKey } from "../../trust/naming/peer-name.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import type { Concern } from "../../trust/records/verdict.ts";
import type { CertificateFacts } from "../../x509/certificate-facts.ts";
import {
  judgeServer,
  type ServerClaim,
  type ServerKey,
  type ServerRefusal,
  type ServerVerdict,
  type VerifyServer,
} from "./judge-server.ts";
import { LiveServers } from "./live-servers.ts";
import { refusedServer } from "./refused-server.ts";

export interface KnownServersOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Who acts, for events. */
  readonly process: string;
}

const FIRST_USE: ServerClaim = { decision: "claim" };

const RULES: OptionRules<KnownServersOptions> = { now: FUNCTION, process: TEXT };

const WEEK_MS = 7 * 24 * 3600 * 1000;
const MOST_PENDING = 1000;

/**
 * Which key speaks for which address, in a trust store of its own: what a server may do is never mixed with what a
 * client may do. A peer's name is `HOST:PORT`. The dates of a server's certificate are not looked at: the pin is.
 */
export class KnownServers {
  readonly store: TrustStore;
  readonly #options: KnownServersOptions;
  readonly #live: LiveServers;

  constructor(store: TrustStore, options: KnownServersOptions) {
    check("the store of KnownServers", store, STORE);
    checkOptions("KnownServers", options, RULES, ["now", "process"]);
    this.store = store;
    this.#live = new LiveServers(store);
    this.#options = options;
  }

  /** What a server's key means. Synchronous, so that nothing goes out before it is known. */
  judge(address: string, facts: ServerKey, verify: VerifyServer): ServerVerdict {
    return judgeServer(facts, this.pinsOf(address), this.store, verify, this.#options.now());
  }

  /** Whether a server that was judged before may be talked to still. False when the store cannot tell. */
  isTrusted(address: string, facts: ServerKey): boolean {
    try {
      return this.judge(address, facts, "refuse").decision === "admit";
    } catch {
      return false;
    }
  }

  /** Whether that is so, and its key was not barred between a moment (milliseconds since the epoch) and now. */
  isTrustedSince(address: string, facts: ServerKey, moment: number): boolean {
    if (!this.isTrusted(address, facts)) return false;
    const { endorsesFrom = 0 } = this.store.key(facts.pin) ?? {};
    return endorsesFrom === 0 || endorsesFrom < moment;
  }

  /**
   * Calls back once if the key of a server that a connection is open to is trusted there no more: at once when this
   * process decides so, within 150 ms when another does, within a second of an approval's end. Returns how to stop.
   */
  watch(address: string, facts: ServerKey, onDistrusted: (error: HandclaspError) => void): () => void {
    const isTrusted = (): boolean => this.isTrusted(address, facts);
    return this.#live.add({ address, pin: facts.pin, isTrusted, onDistrusted });
  }

  /**
   * The keys bound to an address, in whatever state; if none of them is trusted, also those of the server that was met
   * there and at another.
   */
  pinsOf(address: string): readonly KeyPin[] {
    const bound = this.store.keysOfName(nameKey(address));
    const pins = bound.map(({ pin }) => pin);
    const shared = bound.some(({ state }) => state === "trusted") ? undefined : this.#sharedPin(address);
    if (shared === undefined) return pins;
    const elsewhere = this.store.key(shared)?.peer ?? "";
    const others = elsewhere === "" ? [] : this.store.keysOfName(nameKey(elsewhere)).map(({ pin }) => pin);
    return [...new Set([...pins, shared, ...others])];
  }

  /**
   * Binds a key to an address that has none, or that has the key which endorsed it. Durable when it resolves; throws
   * ERR_HANDCLASP_REFUSED for a rival's.
   */
  async remember(address: string, facts: CertificateFacts, claim: ServerClaim = FIRST_USE): Promise<void> {
    const { endorsedBy, concern } = claim;
    if (endorsedBy !== undefined) {
      const rotate = { type: "rotate", endorsedBy, ...this.#origin(address, facts) } as const;
      const { kind } = await this.store.apply(rotate);
      // It is bound to the name of the server that endorsed it, or that it was met under before.
      if (kind === "changed" && !this.pinsOf(address).includes(facts.pin))
        await this.#share(address, facts.pin);
    } else if (this.store.key(facts.pin)?.state === "trusted") {
      // Of several connections at once, the first has bound it already; so may another server's have.
      if (this.pinsOf(address).length === 0) await this.#share(address, facts.pin);
    } else {
      const change = {
        type: "claim",
        source: "first-use",
        peer: address,
        ...this.#origin(address, facts),
        ...(concern !== undefined && { endorsedBy: concern.about }),
      } as const;
      await this.store.apply(change);
      await this.#noteConcern(concern, facts.pin, change);
      // Another process may have met it at another address in the same moment.
      if (this.store.key(facts.pin)?.state === "trusted" && this.pinsOf(address).length === 0) {
        await this.#share(address, facts.pin);
      }
      const rival = this.#sharedPin(address);
      if (rival !== undefined && rival !== facts.pin) {
        await this.store.apply({ type: "forget", at: change.at, actor: change.actor, key: facts.pin });
      }
    }
    const verdict = this.judge(address, facts, "refuse");
    if (verdict.decision === "refuse") throw this.#refusal(address, facts, verdict);
  }

  /** Keeps a refused key to be approved, and says what was refused and what changes that. */
  async refuse(address: string, facts: CertificateFacts, refusal: ServerRefusal): Promise<HandclaspError> {
    const { reason, known, concern } = refusal;
    const origin = this.#origin(address, facts);
    const { at, actor } = origin;
    if (reason === "unknown" || reason === "key-changed") {
      await this.store.apply({ type: "hold", peer: address, conflictsWith: known[0] ?? null, ...origin });
    } else if (reason === "revoked" || reason === "retired") {
      await this.store.apply({ type: "note-stale", pin: facts.pin, at, actor });
    }
    await this.#noteConcern(concern, facts.pin, origin);
    return this.#refusal(address, facts, refusal);
  }

  /** What a stranger can bring about leaves no event. */
  async #noteConcern(
    concern: Concern | undefined,
    pin: KeyPin,
    { at, actor }: { readonly at: number; readonly actor: Actor },
  ): Promise<void> {
    if (concern === undefined || isMadeUp(concern.problem)) return;
    await this.store.apply({ type: "note-concern", concern, pin, at, actor });
  }

  /**
   * One key at several addresses: a store binds it to one name, the others are kept beside it. Whatever another process
   * has kept there since we looked stands.
   */
  async #share(address: string, pin: KeyPin): Promise<void> {
    const { peer } = this.store.key(pin) ?? {};
    const setting = sharedSetting(address);
    const former = this.store.setting(setting) ?? null;
    try {
      await this.store.putSetting(setting, JSON.stringify([pin, peer ?? ""]), former);
    } catch (error) {
      if (!isHandclaspError(error, "ERR_HANDCLASP_CONFLICT")) throw error;
    }
  }

  /** That key; or the one that took its place, when it was forgotten since. */
  #sharedPin(address: string): KeyPin | undefined {
    const setting = this.store.setting(sharedSetting(address));
    if (setting === undefined) return undefined;
    const [pin, peer] = JSON.parse(setting) as readonly [KeyPin, string];
    // A key that came back after it was forgotten, and waits, speaks for no server.
    if ((this.store.key(pin)?.peer ?? null) !== null) return pin;
    return this.store.keysOfName(nameKey(peer)).find(({ source }) => source === "rotation")?.pin;
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
      actor: { user: null, process: this.#options.process, address, listener: null },
      certificate: { pin, fingerprint, der, claimedName: address },
      pendingExpires: at + WEEK_MS,
      maxPending: MOST_PENDING,
    };
  }

  #refusal(address: string, { pin }: CertificateFacts, refusal: ServerRefusal): HandclaspError {
    const isElsewhere = this.store.key(pin)?.state === "trusted";
    return refusedServer({ address, pin, store: this.store.url, isElsewhere }, refusal);
  }
}

function sharedSetting(address: string): string {
  return `known-server:${nameKey(address)}`;
}
