import type { ApiTokenRecord } from "./api-token-record.ts";
import type { ChainHead, EventDraft, TrustEvent } from "./events.ts";
import type { FirstUseWindow } from "./first-use-window.ts";
import type { KeyLookup } from "./key-lookup.ts";
import type { CertificateRecord, KeyPin, KeyRecord } from "./key-record.ts";
import type { TokenRecord } from "./token-record.ts";

/** A peer in a group. */
export interface GroupMember {
  readonly group: string;
  /** The group's name, folded. */
  readonly groupKey: string;
  /** The peer's folded name. */
  readonly nameKey: string;
  readonly addedAt: number;
}

/** The rows that a change reads and writes, inside one transaction. Names are folded (`nameKey`), and whatever there are several of has one order. */
export interface TrustTables extends KeyLookup {
  /** Pending keys that conflict with the key. */
  conflictsOf(pin: KeyPin): readonly KeyRecord[];
  /** Pending keys that would get a name, in the order of (first seen, pin). */
  keysWaitingFor(nameKey: string): readonly KeyRecord[];
  /**
   * A number that was never given out before. Where changes come from a log, keys that wait (`isWaiting`) have numbers of
   * their own: those of the others are the same on every replica.
   */
  nextVersion(isWaiting: boolean): number;
  /**
   * The row as it is given, and that the key was seen, unless it was seen later: changes write keys by `putKey` in
   * `changes/put-key.ts`.
   */
  putKey(key: KeyRecord, seenAt?: number): void;
  /** Removes the key and its certificates. */
  deleteKey(pin: KeyPin): void;
  /** Adds or refreshes a certificate; the last 8 of a key stay, or as many as are to be kept. */
  putCertificate(certificate: CertificateRecord, kept?: number): void;
  /** Remembers that a key was forgotten, so that old endorsements do not bring it back. */
  putTombstone(pin: KeyPin, at: number): void;
  /** When a key was forgotten last; undefined when it never was. */
  tombstone(pin: KeyPin): number | undefined;
  token(id: string): TokenRecord | undefined;
  putToken(token: TokenRecord): void;
  /** All join tokens for a name, in the order of their ids. */
  tokensFor(nameKey: string): readonly TokenRecord[];
  /** Drops tokens that ended before a moment. */
  dropTokens(endedBefore: number): void;
  /** By its id. */
  apiToken(id: string): ApiTokenRecord | undefined;
  apiTokensCalled(nameKey: string): readonly ApiTokenRecord[];
  putApiToken(token: ApiTokenRecord): void;
  /** Drops API tokens that ended before a moment. */
  dropApiTokens(endedBefore: number): void;
  /** The groups that a peer is in, in the order of their folded names. */
  memberships(nameKey: string): readonly GroupMember[];
  /** Who is in a group, in the order of their folded names. */
  membersOf(groupKey: string): readonly GroupMember[];
  putMember(member: GroupMember): void;
  deleteMember(nameKey: string, groupKey: string): void;
  /** Says true the first time it is asked about the same problem of the same token or key. */
  noteOnce(problem: string, about: string): boolean;
  /** Drops strangers' keys that lapsed, then the oldest until fewer than `most` are left; none that was set aside, or has a note. */
  makeRoomForPending(most: number, now: number): void;
  /** The window of first use that was opened last; null when none was, or it was closed. */
  firstUseWindow(): FirstUseWindow | null;
  putFirstUseWindow(window: FirstUseWindow | null): void;
  head(): ChainHead;
  /** The event with a number; undefined where there is none. Throws ERR_HANDCLASP_STORE_CORRUPT for what is no event. */
  event(sequence: number): TrustEvent | undefined;
  /** All events about a key, or, where they are about no key, a peer with this very name; oldest first. */
  eventsAbout(subject: string): readonly TrustEvent[];
  /** Appends to the chain. */
  appendEvent(draft: EventDraft): void;
}
