import type { KeyPin } from "../records/key-record.ts";
import type { KeyReference } from "../naming/key-reference.ts";
import type {
  AddToGroupChange,
  ApproveChange,
  BarChange,
  CancelTokenChange,
  CancelApiTokenChange,
  ChangeOrigin,
  ClaimChange,
  CreateApiTokenChange,
  CreateTokenChange,
  ForgetChange,
  HoldChange,
  ImportChange,
  JoinChange,
  NoteConcernChange,
  NoteNameChange,
  NoteStaleChange,
  OpenFirstUseChange,
  RemoveFromGroupChange,
  RenameChange,
  RenewChange,
  RestoreChange,
  RotateChange,
  SeenCertificate,
  SetAsideChange,
  UndoChange,
  WriteNoteChange,
} from "../records/change.ts";
import type { TokenRecord } from "../records/token-record.ts";
import type { FoldedName } from "../naming/folded-name.ts";

/** A name that may be the key id of one key: that key alone can be called so. */
export interface ApprovedName extends FoldedName {
  readonly onlyFor: KeyPin | null;
}

/** Which group a text means. */
export interface GroupReference {
  /** As it was typed, fit to print. */
  readonly text: string;
  /** The folded names that it may mean. */
  readonly groupKeys: readonly string[];
}

export interface PreparedCertificate extends SeenCertificate {
  /** The claimed name, folded. */
  readonly claimedKey: string | null;
}

/** A change, with these parts of it prepared. */
type Prepared<Change, Parts> = Omit<Change, keyof Parts> & Parts;
type Certified<Change> = Prepared<Change, { readonly certificate: PreparedCertificate }>;
type Referring<Change> = Prepared<Change, { readonly key: KeyReference }>;

export type PreparedClaim = Prepared<Certified<ClaimChange>, { readonly peer: FoldedName }>;
export type PreparedHold = Prepared<Certified<HoldChange>, { readonly peer: FoldedName | null }>;
export type PreparedJoin = Certified<JoinChange>;
export type PreparedRotate = Certified<RotateChange>;
export type PreparedRenew = Certified<RenewChange>;
export type PreparedNoteName = Certified<NoteNameChange>;
export type PreparedCreateToken = Prepared<
  CreateTokenChange,
  { readonly token: Omit<TokenRecord, "createdAt" | "usedAt" | "usedBy" | "cancelledAt"> }
>;
export type PreparedCreateApiToken = Prepared<
  CreateApiTokenChange,
  { readonly token: CreateApiTokenChange["token"] & { readonly nameKey: string } }
>;
export type PreparedApprove = Prepared<Referring<ApproveChange>, { readonly peer: ApprovedName | null }>;
export type PreparedImport = Prepared<Certified<ImportChange>, { readonly peer: FoldedName | null }>;
export type PreparedBar = Referring<BarChange>;
export type PreparedSetAside = Referring<SetAsideChange>;
export type PreparedForget = Referring<ForgetChange>;
export type PreparedRename = Prepared<Referring<RenameChange>, { readonly peer: FoldedName }>;
export type PreparedWriteNote = Referring<WriteNoteChange>;
export type PreparedAddToGroup = Prepared<Referring<AddToGroupChange>, { readonly group: FoldedName }>;
export type PreparedRemoveFromGroup = Prepared<
  Referring<RemoveFromGroupChange>,
  { readonly group: GroupReference }
>;

/** What is taken, whoever has it by now: whatever was taken already, or more, is left as it is. */
export type Taking =
  /** `pending` for a key that was set aside. */
  | {
      readonly what: "key";
      readonly pin: KeyPin;
      readonly state: "revoked" | "ignored" | "retired" | "pending";
    }
  /** What the trust in a key had no longer than. */
  | { readonly what: "end"; readonly pin: KeyPin; readonly expires: number }
  | { readonly what: "forgotten"; readonly pin: KeyPin; readonly peer: string | null }
  | { readonly what: "token" | "api-token"; readonly id: string }
  /** A peer's place in a group, under each of the names that it may have. */
  | { readonly what: "member"; readonly names: readonly FoldedName[]; readonly groupKey: string }
  | { readonly what: "window" };

/**
 * Takes trust away that was taken elsewhere: on a branch of the log that was left, or while it was away. Made by replicas
 * alone. It never fails for what is, or is not, there by now.
 */
export interface TakeAwayChange extends ChangeOrigin {
  readonly type: "take-away";
  readonly takings: readonly Taking[];
  /** Where it was taken, for whoever reads the events. */
  readonly details: Readonly<Record<string, string>>;
}

/** Says in the chain that a machine left a branch of the log. Made by replicas alone. */
export interface LeaveBranchChange extends ChangeOrigin {
  readonly type: "leave-branch";
  readonly details: Readonly<Record<string, string>>;
}

/**
 * A change as it is carried out, and nothing in it depends on the runtime any more: names are tamed and folded, texts
 * that name keys are read, numbers are within their bounds. Plain data.
 */
export type PreparedChange =
  | PreparedClaim
  | PreparedHold
  | PreparedJoin
  | PreparedRotate
  | NoteConcernChange
  | PreparedCreateToken
  | CancelTokenChange
  | PreparedCreateApiToken
  | CancelApiTokenChange
  | PreparedAddToGroup
  | PreparedRemoveFromGroup
  | PreparedRenew
  | PreparedNoteName
  | NoteStaleChange
  | PreparedApprove
  | PreparedImport
  | PreparedBar
  | PreparedSetAside
  | PreparedForget
  | PreparedRename
  | PreparedWriteNote
  | UndoChange
  | OpenFirstUseChange
  | TakeAwayChange
  | LeaveBranchChange
  | RestoreChange;
