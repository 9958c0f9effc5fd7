import type { KeyPin } from "../records/key-record.ts";
import type { KeyReference } from "../naming/key-reference.ts";
import type {
  AddToGroupChange,
  ApproveChange,
  BarChange,
  CancelTokenChange,
  CancelApiTokenChange,
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
  RotateChange,
  SeenCertificate,
  SetAsideChange,
  UndoChange,
  WriteNoteChange,
} from "../records/change.ts";
import type { TokenRecord } from "../records/token-record.ts";
import type { FoldedName } from "./folded-name.ts";

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
  | OpenFirstUseChange;
