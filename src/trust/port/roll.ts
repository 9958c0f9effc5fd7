import type { SealedEvent, TrustEventType } from "../records/events.ts";
import type { CertificateRecord, KeyPin, KeyRecord, KeyState } from "../records/key-record.ts";
import type { KeyReference } from "../naming/key-reference.ts";
import type { LiveConnection } from "../records/sighting.ts";
import type { TokenRecord } from "../records/token-record.ts";
import type { RefusalSighting } from "./ledger.ts";
import type { Page, PageFilter } from "./page.ts";

/** A key, and when it was last seen. */
export interface ListedKey extends KeyRecord {
  /** Milliseconds since the epoch, about a second late; null when it never was. */
  readonly lastSeen: number | null;
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

/** What a person typed to find something: part of a name, whatever its case. */
export interface Search extends PageFilter {
  /** Finds nothing for a text that is empty but for spaces. */
  readonly search?: string;
}

export interface KeyFilter extends Search {
  /** Also finds the beginning of a key id, and part of a pin, of a note, or of the address of the first use or a refusal. */
  readonly search?: string;
  readonly state?: KeyState;
  readonly pins?: readonly KeyPin[];
}

export interface EventFilter extends Search {
  /** From when on, milliseconds since the epoch. An event of a clock that was set back counts where it stands. */
  readonly since?: number;
  /** Until when, exclusive. */
  readonly until?: number;
  readonly type?: TrustEventType;
  /** Of the window of first use with this number: who came by it, and its end. */
  readonly window?: number;
  /** Pins of keys, and names of peers where events have no key: about any of these. */
  readonly about?: readonly string[];
  /** Turns the order of the list around; `after` then goes on with those before that sequence number. */
  readonly newestFirst?: boolean;
}

/** Any of these keys, those whose pin begins so, and peers that were called so. */
export interface RefusedParty {
  readonly pins: readonly KeyPin[];
  readonly pinPrefix?: string;
  /** Folded. */
  readonly peers: readonly string[];
}

export interface RefusalFilter extends Search {
  /** Refused from then on, milliseconds since the epoch. */
  readonly since?: number;
  /** First refused before. */
  readonly until?: number;
  readonly of?: RefusedParty;
  readonly reason?: RefusalSighting["reason"];
  readonly listener?: string;
  /** A network or an address: RFC 4632, RFC 4291 §2.3. */
  readonly network?: string;
  readonly connection?: string;
  readonly fingerprint?: string;
}

export interface MemberFilter extends Search {
  /** Folded. */
  readonly groupKey?: string;
}

/**
 * What is on record, for people and programs that look: asynchronous and in pages, as large as it may be. Each list has
 * a total order, so that pages neither repeat nor leave out what was there all the time. Throws ERR_HANDCLASP_OPTION
 * for a cursor or a limit that is none, ERR_HANDCLASP_STORE_READ when it cannot be read.
 */
export interface Roll {
  /** The longest known first; those that were brought and never met come last. */
  listKeys(filter?: KeyFilter): Promise<Page<ListedKey>>;
  /** All keys that answer: of a name those bound to it, then strangers that claim it. None is no error. */
  keysMeantBy(reference: KeyReference): Promise<readonly KeyRecord[]>;
  /** The certificates of a key, the newest first; 8 at the most. */
  listCertificates(pin: KeyPin): Promise<readonly CertificateRecord[]>;
  /** The oldest first where nothing else is asked for; `after` is a sequence number. */
  listEvents(filter?: EventFilter): Promise<Page<SealedEvent>>;
  /** The newest first, of the last seven days. What is refused again while pages are read moves to the front of them. */
  listRefusals(filter?: RefusalFilter): Promise<Page<RefusalSighting>>;
  /** Of every process that gave a sign of life within half a minute; the longest open first. */
  listConnections(filter?: Search): Promise<Page<ListedConnection>>;
  /** The newest first; those that ended are kept for 30 days. */
  listTokens(filter?: Search): Promise<Page<TokenRecord>>;
  /** Everybody in a group, by group and peer. */
  listMembers(filter?: MemberFilter): Promise<Page<ListedMember>>;
}
