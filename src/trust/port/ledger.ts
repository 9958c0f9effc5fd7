import type { Change, Outcome } from "../records/change.ts";
import type { ChainHead, SealedEvent, TrustEvent } from "../records/events.ts";
import type { KeyPin } from "../records/key-record.ts";
import type { LiveConnection, RecordedReason } from "../records/sighting.ts";
import type { RefusalDetail } from "../records/verdict.ts";

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
  /** Keys that an operator looked at; default none. */
  readonly looked?: readonly { readonly pin: KeyPin; readonly at: number }[];
  /** Uses of API tokens, by their ids. */
  readonly used?: readonly { readonly apiToken: string; readonly at: number }[];
}

/** Why keys are to be judged anew. */
export type Anew =
  /** Keys are barred here that are not barred everywhere yet. */
  | { readonly why: "barred"; readonly pins: readonly KeyPin[] }
  /**
   * The chain lost its end: nobody's trust may be as it was. The events that it has instead, after the last one that still
   * stands, are told of after that.
   */
  | { readonly why: "lost"; readonly events: readonly TrustEvent[]; readonly common: number };

/** Where trust is changed, and what changed it. */
export interface Ledger {
  /** Carries out a change. When it resolves the change is durable; when it rejects nothing was changed. */
  apply(change: Change): Promise<Outcome>;
  /** What a change would come to now: it is carried out and taken back, and nobody hears of it. Versions in it go to other changes. */
  tryOut(change: Change): Promise<Outcome>;
  /** When it rejects nothing was written: what it says of connections is then written with the next one. */
  record(batch: SightingBatch): Promise<void>;
  /** Calls back with new events of whichever process within 150 ms. Returns how to stop. */
  onEvents(listener: (events: readonly SealedEvent[]) => void): () => void;
  /** Calls back when somebody is to be judged anew though no new event says so. Returns how to stop. */
  onAnew(listener: (anew: Anew) => void): () => void;
  /** The end of the chain of events. */
  head(): ChainHead;
  /** A larger number whenever anything was written since, by whichever process; cheap enough to be asked for every second. */
  revision(): number;
  /** What servers on one store agree on, by name. */
  setting(name: string): string | undefined;
  /**
   * `former` is what was read there before, null for nothing: when it is something else by now, this throws
   * ERR_HANDCLASP_CONFLICT.
   */
  putSetting(name: string, value: string, former?: string | null): Promise<void>;
}
