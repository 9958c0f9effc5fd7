import { randomBytes } from "node:crypto";
import { BoundedMap } from "../../bounded-map.ts";
import { hashOfSecret } from "../../trust/naming/api-token.ts";
import { byApiToken, bySession, type SignedIn } from "../../operator/secrets/sign-in.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";

const LIFE_MS = 12 * 3_600_000;
const SECRET_BYTES = 32;
const USED_EVERY_MS = 60_000;
const NOTHING = { seen: [], refusals: [], opened: [], closed: [] };

export interface SessionsOptions {
  readonly store: TrustStore;
  readonly now: () => number;
}

/** Who signed in without a certificate: kept in the store, as hashes, so that a restart signs nobody out. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #used = new BoundedMap<string, number>(1000);
  readonly #begun = new BoundedMap<string, true>(1000);

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /** Begins the session of whoever used a link. Returns its secret. */
  async beginByLink(user: string | null): Promise<string> {
    const { now } = this.#options;
    return this.#begin({ of: `link:${user ?? ""}`, via: "link", user, expires: now() + LIFE_MS });
  }

  /** Begins the session of an API token, which ends with it. Undefined for a text that is none, or no more. */
  async beginByToken(text: string): Promise<string | undefined> {
    const found = this.byToken(text);
    if (found === undefined) return undefined;
    const expires = Math.min(found.expires, this.#options.now() + LIFE_MS);
    return this.#begin({ of: hashOfSecret(text), via: "bearer", user: found.user, expires });
  }

  /** Whose session a secret is of, while it lasts. */
  bySecret(secret: string): SignedIn | undefined {
    const { store, now } = this.#options;
    const found = bySession(store, secret, now());
    return "refusal" in found ? undefined : found;
  }

  /** Whose an API token is, while it is good; its use is kept, once a minute. */
  byToken(text: string): SignedIn | undefined {
    const { store, now } = this.#options;
    const found = byApiToken(store, text, now());
    if ("refusal" in found) return undefined;
    const { apiToken } = found;
    if (apiToken !== null && now() - (this.#used.get(apiToken) ?? 0) >= USED_EVERY_MS) {
      this.#used.set(apiToken, now());
      // Who may come in comes in, whether or not that can be written down.
      void store.record({ ...NOTHING, used: [{ apiToken, at: now() }] }).catch(() => undefined);
    }
    return found;
  }

  async end(secret: string): Promise<void> {
    await this.#options.store.endSession(hashOfSecret(secret));
  }

  /** Ends those that began here. */
  async endAll(): Promise<void> {
    for (const hash of this.#begun.keys()) await this.#options.store.endSession(hash);
  }

  async #begin(session: {
    readonly of: string;
    readonly via: "link" | "bearer";
    readonly user: string | null;
    readonly expires: number;
  }): Promise<string> {
    const { store, now } = this.#options;
    const secret = `hcs1.${randomBytes(SECRET_BYTES).toString("base64url")}`;
    const hash = hashOfSecret(secret);
    await store.putSession({ hash, createdAt: now(), ...session });
    this.#begun.set(hash, true);
    return secret;
  }
}
