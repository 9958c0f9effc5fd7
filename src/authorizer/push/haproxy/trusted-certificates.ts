import { setTimeout } from "node:timers/promises";
import { judge } from "../../../trust/judging/judge.ts";
import { encodeName, encodeNames } from "../../../trust/naming/encode-name.ts";
import type { TrustChanges } from "../../../trust/happenings/trust-changes.ts";
import { nameKey } from "../../../trust/naming/peer-name.ts";
import type { Trust } from "../../../trust/trust.ts";
import { reasonOfUnreadable } from "../../../admission/refuse-for.ts";
import { type CertificateFacts, type KeyPin, readCertificate } from "../../../x509/certificate-facts.ts";

export interface TrustedCertificatesOptions {
  readonly trust: Trust;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Told of a certificate whose entry is another one now, or none. */
  readonly onEntry: (fingerprint: string) => void;
  readonly onError: (error: unknown) => void;
}

interface Entry {
  readonly pin: KeyPin;
  readonly value: string;
  /** When it ends, in milliseconds since the epoch. */
  readonly end: number;
}

/** A key may have any number of certificates: the ones that were admitted last are enough. */
const MOST_OF_A_KEY = 8;
/** Who is in very many groups is asked for. HAProxy has 16 KiB for a command. */
const MOST_CHARACTERS = 4096;
const AT_ONCE = 1000;
/** What others commit is heard of within 150 ms, on a machine that is not too busy. */
const FEED_MS = 1000;
const LOOK_MS = 20;

/**
 * Certificates that would be admitted now, with whose they are, by their fingerprints in HAProxy's spelling: the newest one of
 * each trusted key, and others as they are admitted. Whatever happens to a key takes its entries away first.
 */
export class TrustedCertificates {
  readonly #options: TrustedCertificatesOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #ofKey = new Map<KeyPin, string[]>();
  /** Keys whose newest certificate is to be looked up. */
  readonly #due = new Set<KeyPin>();
  readonly #stops: readonly (() => void)[];
  /** How far the store told of what happens. */
  #heard: number;
  #isWhole = false;
  #isLooking = false;
  #isClosed = false;
  #nextEnd = Number.POSITIVE_INFINITY;

  /** Empty until `load`. Throws what the store throws. */
  constructor(options: TrustedCertificatesOptions) {
    this.#options = options;
    const { store } = options.trust;
    this.#heard = store.head().sequence;
    this.#stops = [
      store.onEvents((events) => (this.#heard = events.at(-1)?.sequence ?? this.#heard)),
      options.trust.onChange((changes, isAll) => (isAll ? this.#anew() : this.#changed(changes))),
    ];
  }

  get size(): number {
    return this.#entries.size;
  }

  /** All that have an entry. */
  fingerprints(): Iterable<string> {
    return this.#entries.keys();
  }

  /** `PIN,PEER,GROUP,GROUP`, with names as in fields; undefined for a certificate that has to be asked for. */
  valueOf(fingerprint: string): string | undefined {
    return this.#entries.get(fingerprint)?.value;
  }

  /**
   * Until when what is here may be believed, for so long at the most: then everything is in it that was committed before it was
   * asked. Not beyond the end of the first entry. Undefined when that cannot be said.
   */
  async believableUntil(longest: number): Promise<number | undefined> {
    const { now, onError, trust } = this.#options;
    const asked = now();
    if (!this.#isWhole) {
      void this.load();
      return undefined;
    }
    try {
      const { sequence } = trust.store.head();
      for (let left = FEED_MS; sequence > this.#heard; left -= LOOK_MS) {
        if (left <= 0) return undefined;
        await setTimeout(LOOK_MS);
      }
    } catch (error) {
      onError(error);
      return undefined;
    }
    this.#dropEnded(now());
    return Math.min(asked + longest, this.#nextEnd);
  }

  /** Looks up all keys. What cannot be read is told, and tried again when somebody asks what is believable. */
  async load(): Promise<void> {
    if (this.#isLooking) return;
    const { store } = this.#options.trust;
    let after: string | null | undefined;
    this.#isLooking = true;
    try {
      while (after !== null && !this.#isClosed) {
        const page = await store.listKeys({ state: "trusted", limit: AT_ONCE, ...(after && { after }) });
        await this.#lookUp(page.items.map(({ pin }) => pin));
        after = page.next;
      }
      this.#isWhole = true;
    } catch (error) {
      this.#options.onError(error);
    } finally {
      this.#isLooking = false;
    }
    await this.#lookUpDue();
  }

  /** A client was let in with it just now. */
  admitted(der: Uint8Array, fingerprint: string): void {
    if (this.#entries.has(fingerprint.toUpperCase())) return;
    this.#put(readCertificate(der));
  }

  close(): void {
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
  }

  #changed(changes: TrustChanges): void {
    for (const pin of changes.keys()) {
      for (const fingerprint of this.#ofKey.get(pin) ?? []) this.#delete(fingerprint);
      this.#ofKey.delete(pin);
      this.#due.add(pin);
    }
    void this.#lookUpDue();
  }

  /** Nothing is known any more. */
  #anew(): void {
    for (const fingerprint of this.#entries.keys()) this.#delete(fingerprint);
    this.#ofKey.clear();
    this.#isWhole = false;
    void this.load();
  }

  async #lookUpDue(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      while (this.#due.size > 0 && !this.#isClosed) {
        const pins = [...this.#due].slice(0, AT_ONCE);
        for (const pin of pins) this.#due.delete(pin);
        await this.#lookUp(pins);
      }
    } catch (error) {
      // Nothing is known of these but that they are to be asked for.
      this.#isWhole = false;
      this.#options.onError(error);
    } finally {
      this.#isLooking = false;
    }
  }

  async #lookUp(pins: readonly KeyPin[]): Promise<void> {
    for (const { certificate } of await this.#options.trust.store.surroundings(pins)) {
      const facts = certificate === null || this.#isClosed ? undefined : readable(certificate);
      if (facts !== undefined) this.#put(facts);
    }
  }

  /** By what the store knows in this very moment. */
  #put(certificate: CertificateFacts): void {
    const { trust, now } = this.#options;
    const { store, policy } = trust;
    const { pin, notAfter } = certificate;
    const key = store.key(pin);
    const showing = { certificate, caSigned: false, remoteAddress: undefined };
    const verdict = judge(showing, key, store, policy, now());
    if (verdict.decision !== "admit") return;
    const groups = key?.peer ? store.groupsOf(nameKey(key.peer)) : [];
    const value = [pin, encodeName(verdict.peer), encodeNames(groups)].join(",");
    if (value.length > MOST_CHARACTERS) return;
    const expiry = policy.validity === "enforce" ? notAfter + 1 : Number.POSITIVE_INFINITY;
    const end = Math.min(verdict.until ?? Number.POSITIVE_INFINITY, expiry);
    const fingerprint = certificate.fingerprint.toUpperCase();
    const others = (this.#ofKey.get(pin) ?? []).filter((other) => other !== fingerprint);
    for (const oldest of others.splice(0, others.length + 1 - MOST_OF_A_KEY)) this.#delete(oldest);
    this.#ofKey.set(pin, [...others, fingerprint]);
    this.#entries.set(fingerprint, { pin, value, end });
    this.#nextEnd = Math.min(this.#nextEnd, end);
    this.#options.onEntry(fingerprint);
  }

  #delete(fingerprint: string): void {
    if (this.#entries.delete(fingerprint)) this.#options.onEntry(fingerprint);
  }

  #dropEnded(now: number): void {
    if (now < this.#nextEnd) return;
    this.#nextEnd = Number.POSITIVE_INFINITY;
    for (const [fingerprint, { pin, end }] of this.#entries) {
      if (now < end) {
        this.#nextEnd = Math.min(this.#nextEnd, end);
        continue;
      }
      const others = (this.#ofKey.get(pin) ?? []).filter((other) => other !== fingerprint);
      if (others.length > 0) this.#ofKey.set(pin, others);
      else this.#ofKey.delete(pin);
      this.#delete(fingerprint);
    }
  }
}

/** Undefined for a certificate that would be refused whoever showed it. */
function readable(der: Uint8Array): CertificateFacts | undefined {
  try {
    return readCertificate(der);
  } catch (error) {
    if (reasonOfUnreadable(error) === undefined) throw error;
    return undefined;
  }
}
