import type { SealedEvent, TrustEventType } from "../records/events.ts";
import type { CertificateRecord, KeyPin, KeyRecord, KeySource, KeyState } from "../records/key-record.ts";
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

/** Refusals, and where. */
export interface ListedRefusal extends RefusalSighting {
  /** What the machine is called, about a second late; left out by stores of one machine. */
  readonly machine?: string;
}

/** A live connection and who holds it. */
export interface ListedConnection extends LiveConnection {
  /** What runs, for people; others may be called the same. */
  readonly process: string;
  /** That run of it, and no other. */
  readonly run: string;
  /** What the machine is called that it runs on; left out by stores of one machine. */
  readonly machine?: string;
}

/** What lists say beside a key, and its row does not. */
export interface KeySurroundings {
  readonly pin: KeyPin;
  /** Its newest certificate, DER; null for none. */
  readonly certificate: Uint8Array | null;
  /** Of its peer, as they were given, in the order of their folded names. */
  readonly groups: readonly string[];
  /** How many are open, as `listConnections` has them. */
  readonly connections: number;
  /** How often it was refused, as far as `listRefusals` has that. */
  readonly refused: number;
  /** The newest of those; null for none. */
  readonly lastRefusal: ListedRefusal | null;
}

/** Refusals for one reason. */
export interface RefusalTally {
  readonly reason: RefusalSighting["reason"];
  /** Of what began before and went on, its share by time, rounded: such refusals are kept added up. */
  readonly count: number;
  /** From how many networks they came: /24 and /64; all that have no address count as one. */
  readonly networks: number;
}

/** A group that has somebody in it. */
export interface ListedGroup {
  readonly group: string;
  /** Folded. */
  readonly groupKey: string;
  /** How many peers. */
  readonly members: number;
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
  /** In this state, or in one of these. */
  readonly state?: KeyState | readonly KeyState[];
  /** How it came to its state: so, or in one of these ways. */
  readonly source?: KeySource | readonly KeySource[];
  readonly pins?: readonly KeyPin[];
  /** Of peers that are in all of these groups; folded. */
  readonly groups?: readonly string[];
  /** Not of peers that are in one of these; folded. */
  readonly notGroups?: readonly string[];
  /** Seen last before that, or never; milliseconds since the epoch. */
  readonly seenBefore?: number;
  /** Seen then or later. */
  readonly seenSince?: number;
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
  /** What is beside these keys, 1000 at the most, in their order; of a key that is gone, what is left of it. */
  surroundings(pins: readonly KeyPin[]): Promise<readonly KeySurroundings[]>;
  /** The oldest first where nothing else is asked for; `after` is a sequence number. */
  listEvents(filter?: EventFilter): Promise<Page<SealedEvent>>;
  /** The newest first, of the last seven days. What is refused again while pages are read moves to the front of them. */
  listRefusals(filter?: RefusalFilter): Promise<Page<ListedRefusal>>;
  /** The refusals from a moment on, milliseconds since the epoch, added up by reason; in any order. */
  tallyRefusals(since: number): Promise<readonly RefusalTally[]>;
  /** Of every process that gave a sign of life within half a minute; the longest open first. */
  listConnections(filter?: Search): Promise<Page<ListedConnection>>;
  /** The newest first; those that ended are kept for 30 days. */
  listTokens(filter?: Search): Promise<Page<TokenRecord>>;
  /** By their folded names. */
  listGroups(filter?: Search): Promise<Page<ListedGroup>>;
  /** Everybody in a group, by group and peer. */
  listMembers(filter?: MemberFilter): Promise<Page<ListedMember>>;
}
