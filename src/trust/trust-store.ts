import type { Change, Outcome } from "./changes/change.ts";
import type { AuditReport } from "./audit-rows.ts";
import type { ChainHead, SealedEvent } from "./events.ts";
import type { KeyLookup } from "./key-lookup.ts";
import type { CertificateRecord, KeyPin, KeyRecord } from "./key-record.ts";
import type { LiveConnection, RecordedReason } from "./sighting.ts";
import type { TokenRecord } from "./token-record.ts";
import type { RefusalDetail } from "./verdict.ts";

/** Refusals of one key, for one reason, from one address, at one listener, added up. Times are milliseconds since the epoch. */
export interface RefusalSighting {
  readonly pin: KeyPin | null;
  readonly reason: RecordedReason;
  /** Which rule about tokens or endorsements it was; null for other reasons. */
  readonly detail: RefusalDetail | null;
  /** What was wrong with the newest, in words, where there are some: safe to print. */
  readonly problem: string | null;
  /** SHA-256 of a certificate whose key could not be read, 64 lower-case hex digits. */
  readonly fingerprint: string | null;
  /** The bound or claimed name, safe to print. */
  readonly peer: string | null;
  readonly address: string | null;
  /** Null at servers that have no name for it. */
  readonly listener: string | null;
  /** The newest connection that was refused so. */
  readonly connection: string;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly count: number;
}

/** What a server saw since it last told the store: written about once a second, never per connection. */
export interface SightingBatch {
  readonly seen: readonly { readonly pin: KeyPin; readonly at: number }[];
  readonly refusals: readonly RefusalSighting[];
  readonly opened: readonly LiveConnection[];
  readonly closed: readonly string[];
}

/** A live connection and who holds it. */
export interface ListedConnection extends LiveConnection {
  /** What runs, for people; others may be called the same. */
  readonly process: string;
  /** That run of it, and no other. */
  readonly run: string;
}

/** A peer in a group. */
export interface ListedMember {
  readonly group: string;
  readonly peer: string;
  /** Milliseconds since the epoch. */
  readonly addedAt: number;
}

export interface StoreStats {
  readonly url: string;
  readonly schema: number;
  readonly keys: Readonly<Record<KeyRecord["state"], number>>;
  readonly certificates: number;
  readonly events: number;
  readonly refusals: number;
  /** What had to go for want of room, ever: keys that nobody had reviewed, and refusals. */
  readonly dropped: { readonly pendingKeys: number; readonly refusals: number };
  /** On disk; null in memory. */
  readonly bytes: number | null;
}

export interface StoreReport extends AuditReport {
  /** What is damaged, in the words of the database; empty when nothing is. */
  readonly problems: readonly string[];
}

/**
 * Where peers live. `test/contract/trust-store.ts` is the whole promise. Reads are synchronous and throw
 * ERR_HANDCLASP_STORE_READ when they cannot be trusted; nothing is ever answered from a guess.
 */
export interface TrustStore extends KeyLookup, AsyncDisposable {
  readonly url: string;

  /**
   * A key by its pin, on the path of every connection. All that was acknowledged anywhere is in it, but `lastSeen`
   * may be older than in `keys()`.
   */
  key(pin: KeyPin): KeyRecord | undefined;
  /** Until when first use is accepted whatever the policy; 0 when it is not. */
  firstUseOpenUntil(): number;

  /** Whether a key was ever forgotten. */
  isForgotten(pin: KeyPin): boolean;
  /** A join token by its id. */
  token(id: string): TokenRecord | undefined;

  /** Whether a peer is in a group; both names are folded. */
  isMember(groupKey: string, nameKey: string): boolean;
  /** The groups of a peer, as they were named, in the order of their folded names; its name is folded. */
  groupsOf(nameKey: string): readonly string[];
  /** Everybody in a group, by group and peer. */
  members(): readonly ListedMember[];

  /** Join tokens, the newest first; those that ended are kept for 30 days. */
  tokens(): readonly TokenRecord[];
  /** All keys, the longest known first. */
  keys(): readonly KeyRecord[];
  /** The certificates of a key, newest first. */
  certificates(pin: KeyPin): readonly CertificateRecord[];
  /** Events after a sequence number, oldest first, `most` of them at the most. */
  events(after: number, most: number): readonly SealedEvent[];
  head(): ChainHead;
  /** Newest first, `most` of them at the most. */
  refusals(most: number): readonly RefusalSighting[];
  /** Connections of every process that gave a sign of life within half a minute. */
  connections(): readonly ListedConnection[];
  setting(name: string): string | undefined;

  /** Carries out a change. When it resolves the change is durable; when it rejects nothing was changed. */
  apply(change: Change): Promise<Outcome>;
  /** When it rejects nothing was written: what it says of connections is then written with the next one. */
  record(batch: SightingBatch): Promise<void>;
  /**
   * `former` is what was read there before, null for nothing: when it is something else by now, this throws
   * ERR_HANDCLASP_CONFLICT.
   */
  putSetting(name: string, value: string, former?: string | null): Promise<void>;
  /** Calls back with new events of whichever process within 150 ms. Returns how to stop. */
  onEvents(listener: (events: readonly SealedEvent[]) => void): () => void;

  /** Recomputes the chain, and compares the rows with it, all at one moment. */
  audit(): AuditReport;
  /** The same, and looks for damage. */
  check(): StoreReport;
  stats(): StoreStats;
  /** Writes a consistent copy to a file that must not exist. */
  backup(path: string): Promise<void>;
  close(): Promise<void>;
}
