import type { ApiTokenRecord } from "../records/api-token-record.ts";
import type { KeyPin } from "../records/key-record.ts";
import type { Page } from "./page.ts";
import type { Search } from "./roll.ts";

/** An API token, and when it was last used. */
export interface ListedApiToken extends ApiTokenRecord {
  /** Milliseconds since the epoch, about a second late; null when it never was. */
  readonly lastUsed: number | null;
}

/** An operator who signed in at the page. Times are milliseconds since the epoch. */
export interface SessionRecord {
  /** SHA-256 of its secret, 64 lower-case hex digits. */
  readonly hash: string;
  /** What it began with: by this all sessions of one are ended. For an API token, its hash. */
  readonly of: string;
  readonly via: "link" | "bearer";
  /** Who acts, for events. */
  readonly user: string | null;
  readonly createdAt: number;
  readonly expires: number;
}

/**
 * What is kept of operators at their work, and where those are known who come without a certificate; it decides about no
 * client. Of all that, only the making and cancelling of API tokens is in events. Throws ERR_HANDCLASP_STORE_READ when it
 * cannot be read; tokens and sessions, by which operators are known, also when what is here may be older than it may be.
 */
export interface Desk {
  /** When an operator last looked at a key, milliseconds since the epoch; null when nobody has. Gone with the key. */
  lookedAt(pin: KeyPin): number | null;
  /** An API token by its hash. Synchronous: it is asked for each request. */
  apiToken(hash: string): ApiTokenRecord | undefined;
  /** The newest first; those that ended are kept for 30 days. */
  listApiTokens(filter?: Search): Promise<Page<ListedApiToken>>;
  /** A session by its hash; whether it has expired is for who asks. */
  session(hash: string): SessionRecord | undefined;
  /** Keeps 1000 at the most, and 50 that began with the same: those that expired go, then the oldest of the same, then of all. */
  putSession(session: SessionRecord): Promise<void>;
  endSession(hash: string): Promise<void>;
  /** Ends all that began with the same. */
  endSessions(of: string): Promise<void>;
}
