import type { ApiTokenRecord } from "./api-token-record.ts";
import type { Actor, ChainHead } from "./events.ts";
import type { CertificateRecord, KeyPin, KeyRecord, KeySource } from "./key-record.ts";
import type { Rate } from "./rate.ts";
import type { Scope } from "./scope.ts";
import type { TokenRecord } from "./token-record.ts";
import type { GroupMember } from "./trust-tables.ts";
import type { Concern, Endorser, RefusalReason } from "./verdict.ts";

/** A certificate as changes carry it. */
export interface SeenCertificate {
  readonly pin: KeyPin;
  readonly fingerprint: string;
  readonly der: Uint8Array;
  /** The name it claims, tamed; null when there is none. */
  readonly claimedName: string | null;
}

/** When and by whom. */
export interface ChangeOrigin {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly actor: Actor;
  /**
   * What whoever acts may do at the most: what needs more is refused as it is carried out, by what it would touch then.
   * Absent for servers, and for who has the store itself in hand.
   */
  readonly scope?: Scope;
}

/** Binds a name to a key at first use. Of two claims of one name exactly one wins. */
export interface ClaimChange extends ChangeOrigin {
  readonly type: "claim";
  readonly peer: string;
  readonly source: KeySource;
  /** A key that nobody knows endorsed this one; kept for whoever reads the events. */
  readonly endorsedBy?: string;
  /** It is accepted only if first use is still open then; what becomes of it else. */
  readonly whileOpen?: "ask" | "refuse";
  readonly certificate: SeenCertificate;
  /** For the loser, which is kept as pending. */
  readonly pendingExpires: number;
  readonly maxPending: number;
}

/** Trusts the key that came with a join token, under the token's name. Of two keys with one token exactly one wins. */
export interface JoinChange extends ChangeOrigin {
  readonly type: "join";
  readonly token: string;
  readonly certificate: SeenCertificate;
}

/** Trusts the key that a trusted one endorsed, in its place. */
export interface RotateChange extends ChangeOrigin {
  readonly type: "rotate";
  readonly endorsedBy: Endorser;
  readonly certificate: SeenCertificate;
  /** How often the peer may do so, whichever processes on the store it came to; default as often as it likes. */
  readonly limit?: Rate;
  /** For the loser, which is kept as pending. */
  readonly pendingExpires: number;
  readonly maxPending: number;
}

/** A join token or an endorsement that came to nothing; once for each token, or key that endorsed, and problem. */
export interface NoteConcernChange extends ChangeOrigin {
  readonly type: "note-concern";
  readonly concern: Concern;
  /** The key that came with it. */
  readonly pin: KeyPin;
}

export interface CreateTokenChange extends ChangeOrigin {
  readonly type: "create-token";
  readonly token: Omit<
    TokenRecord,
    "nameKey" | "groups" | "createdAt" | "usedAt" | "usedBy" | "cancelledAt"
  > & {
    /** Names of groups; default none. */
    readonly groups?: readonly string[];
  };
}

export interface CancelTokenChange extends ChangeOrigin {
  readonly type: "cancel-token";
  readonly id: string;
}

export interface CreateApiTokenChange extends ChangeOrigin {
  readonly type: "create-api-token";
  readonly token: Omit<ApiTokenRecord, "nameKey" | "createdAt" | "cancelledAt">;
}

export interface CancelApiTokenChange extends ChangeOrigin {
  readonly type: "cancel-api-token";
  readonly id: string;
}

/** A key as it was looked at; a `KeyRecord` is one. */
export interface SeenKey {
  readonly version: number;
  /** Default whatever it claims. */
  readonly claimedName?: string | null;
  /** Default whichever key is meant. */
  readonly pin?: KeyPin;
}

/**
 * What an operator's text means is looked up when the change is carried out: names change hands between a look and a
 * write.
 */
export interface KeyChange extends ChangeOrigin {
  /** A pin, a fingerprint, a key id (14 characters will do) or a peer's name. */
  readonly key: string;
  /** The key, or all keys, that were looked at: if others are meant by now, or they are not as they were, nothing is changed. */
  readonly seen?: SeenKey | readonly SeenKey[];
}

/** Puts the peer that a key speaks for into a group. */
export interface AddToGroupChange extends KeyChange {
  readonly type: "add-to-group";
  readonly group: string;
}

export interface RemoveFromGroupChange extends KeyChange {
  readonly type: "remove-from-group";
  readonly group: string;
}

/** Keeps an unknown key for review. */
export interface HoldChange extends ChangeOrigin {
  readonly type: "hold";
  /** The name it would be bound to. */
  readonly peer: string | null;
  readonly certificate: SeenCertificate;
  readonly conflictsWith: KeyPin | null;
  readonly pendingExpires: number;
  readonly maxPending: number;
}

/** Another certificate over a trusted key. */
export interface RenewChange extends ChangeOrigin {
  readonly type: "renew";
  readonly certificate: SeenCertificate;
}

/** A trusted key claimed another name: kept for approval. */
export interface NoteNameChange extends ChangeOrigin {
  readonly type: "note-name";
  readonly certificate: SeenCertificate;
}

/** A revoked or retired key showed up. */
export interface NoteStaleChange extends ChangeOrigin {
  readonly type: "note-stale";
  readonly pin: KeyPin;
}

export interface ApproveChange extends KeyChange {
  readonly type: "approve";
  /** The name to bind; null takes the claimed one, else the key id. */
  readonly peer: string | null;
  /** What happens to the keys that hold the name: `replace` retires them, `add` keeps them beside this one. */
  readonly onConflict: "fail" | "replace" | "add";
  /** null for never; default as it is for a key that is trusted, else never. */
  readonly expires?: number | null;
  /** How the key was compared with the one that its owner has; default nobody says. */
  readonly compared?: Compared;
}

/** What a key was compared by before it was approved: its code, all words or enough of them, its whole id, or nothing. */
export type Compared = (typeof COMPARED)[number];

export const COMPARED = ["scan", "words", "key-id", "none"] as const;

/** Trusts a key that an operator brings. */
export interface ImportChange extends ChangeOrigin {
  readonly type: "import";
  readonly certificate: SeenCertificate;
  readonly peer: string | null;
  readonly onConflict: "fail" | "replace" | "add";
  /** As for `approve`. */
  readonly expires?: number | null;
}

export interface BarChange extends KeyChange {
  readonly type: "revoke" | "ignore";
}

/** Takes the trust from keys until an operator approves them again. */
export interface SetAsideChange extends KeyChange {
  readonly type: "set-aside";
}

export interface ForgetChange extends KeyChange {
  readonly type: "forget";
}

/** Renames a peer: all keys bound to its name. */
export interface RenameChange extends KeyChange {
  readonly type: "rename";
  readonly peer: string;
}

/** Writes down what operators want to know of a key. */
export interface WriteNoteChange extends KeyChange {
  readonly type: "write-note";
  /** As `toNote` has it; null removes it. */
  readonly note: string | null;
}

/** Takes back what an event says of a key, or of a peer's group. */
export interface UndoChange extends ChangeOrigin {
  readonly type: "undo";
  readonly sequence: number;
  readonly seen?: SeenKey | readonly SeenKey[];
}

/** Accepts first use until a moment; one that is past closes the window. */
export interface OpenFirstUseChange extends ChangeOrigin {
  readonly type: "open-first-use";
  readonly until: number;
  /** How many keys may come by it; default any number. */
  readonly max?: number | null;
  /** The network that they must come from (CIDR); default any. */
  readonly from?: string | null;
}

/** A key as a backup has it. */
export type BackedUpKey = Omit<KeyRecord, "version" | "conflictsWith"> & {
  /** Its newest, where the store that is restored has none. */
  readonly certificate: Omit<CertificateRecord, "pin"> | null;
};

/** A peer and a group that it is to come into, or to leave. */
export interface RestoredMember extends Omit<GroupMember, "addedAt"> {
  /** A spelling of the peer's name. */
  readonly peer: string;
}

/** What was done altogether, once all of it is. */
export interface RestoredTotals {
  readonly trusted: number;
  readonly waiting: number;
  readonly barred: number;
  readonly changed: number;
  readonly kept: number;
  readonly groups: number;
  readonly tokens: number;
}

/**
 * Leads trust back to what a backup says, in parts of `MOST_RESTORED` at the most. What took trust away since, for good,
 * stays: revoked, ignored and retired keys, tombstones, join tokens and API tokens that ended, windows that closed.
 */
export interface RestoreChange extends ChangeOrigin {
  readonly type: "restore";
  /** Keys that the backup does not have: they wait, for operators alone. */
  readonly taken: readonly KeyPin[];
  readonly keys: readonly BackedUpKey[];
  readonly left: readonly RestoredMember[];
  readonly entered: readonly RestoredMember[];
  /** Ids of join tokens that the backup does not have. */
  readonly tokens: readonly string[];
  readonly apiTokens: readonly string[];
  /** The number of a window of first use that the backup does not have. */
  readonly window: number | null;
  /** With the last part: where the backup's chain ends, and what was done. */
  readonly end: {
    readonly backup: ChainHead;
    /** Whether the backup is of another chain than the store. */
    readonly isOther: boolean;
    /** The store's last event, where the backup goes on beyond it; left out where it does not. */
    readonly aheadOf?: number;
    readonly totals: RestoredTotals;
  } | null;
}

/** How much one change restores. */
export const MOST_RESTORED = 200;

export type Change =
  | ClaimChange
  | HoldChange
  | JoinChange
  | RotateChange
  | NoteConcernChange
  | CreateTokenChange
  | CancelTokenChange
  | CreateApiTokenChange
  | CancelApiTokenChange
  | AddToGroupChange
  | RemoveFromGroupChange
  | RenewChange
  | NoteNameChange
  | NoteStaleChange
  | ApproveChange
  | ImportChange
  | BarChange
  | SetAsideChange
  | ForgetChange
  | RenameChange
  | WriteNoteChange
  | UndoChange
  | OpenFirstUseChange
  | RestoreChange;

/** What a change came to: the keys as they are now, or why a claim was lost. */
export type Outcome =
  | {
      readonly kind: "changed";
      readonly keys: readonly KeyRecord[];
      /** It holds on this machine alone so far, where the log of changes cannot be reached: it is appended when that answers. */
      readonly later?: true;
      /** The event by which what an operator did is undone; absent where it cannot be, or only key by key. */
      readonly event?: number;
    }
  | {
      readonly kind: "lost";
      readonly reason: RefusalReason;
      readonly conflictsWith: KeyPin | null;
      readonly concern?: Concern;
    };
