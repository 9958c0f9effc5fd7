import { createHash, randomBytes } from "node:crypto";

const LIFE_MS = 60_000;
const SECRET_BYTES = 32;

export interface LoginLinksOptions {
  readonly now: () => number;
}

/** Links that sign in whoever comes first, once, within a minute. Kept nowhere but here, as hashes. */
export class LoginLinks {
  readonly #options: LoginLinksOptions;
  readonly #ends = new Map<string, number>();

  constructor(options: LoginLinksOptions) {
    this.#options = options;
  }

  /** The secret of a new link: 256 bits as base64url. */
  create(): string {
    const { now } = this.#options;
    for (const [hash, end] of this.#ends) if (end <= now()) this.#ends.delete(hash);
    const secret = randomBytes(SECRET_BYTES).toString("base64url");
    this.#ends.set(hashOf(secret), now() + LIFE_MS);
    return secret;
  }

  /** Whether the secret is of a link that nobody used yet; from now on it is of none. */
  redeem(secret: string): boolean {
    const hash = hashOf(secret);
    const end = this.#ends.get(hash);
    this.#ends.delete(hash);
    return end !== undefined && this.#options.now() < end;
  }
}

/** Looked up by its hash: how long that takes says nothing of the secret. */
function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
