import { createHash } from "node:crypto";
import type { Caller } from "../call/caller.ts";

const LIFE_MS = 12 * 3_600_000;
const MOST = 1000;
const SECRET_BYTES = 32;
const PREFIX = "hcs1.";

export interface SessionsOptions {
  readonly now: () => number;
  readonly random: (size: number) => Uint8Array;
}

type Who = Pick<Caller, "name" | "scope" | "via">;

/** Who signed in, by the hash of a secret that the page keeps. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #sessions = new Map<string, { readonly who: Who; readonly ends: number }>();

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /** Begins a session. Returns its secret. */
  begin(who: Who): string {
    const { now, random } = this.#options;
    const secret = PREFIX + Buffer.from(random(SECRET_BYTES)).toString("base64url");
    this.#sessions.set(hashOf(secret), { who, ends: now() + LIFE_MS });
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > MOST && oldest !== undefined) this.#sessions.delete(oldest);
    return secret;
  }

  /** Whose session it is, while it lasts. */
  find(secret: string): Who | undefined {
    const session = this.#sessions.get(hashOf(secret));
    return session !== undefined && this.#options.now() < session.ends ? session.who : undefined;
  }

  end(secret: string): void {
    this.#sessions.delete(hashOf(secret));
  }
}

function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
