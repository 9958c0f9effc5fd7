import type { TrustTables } from "../records/trust-tables.ts";
import { applyCancelApiToken, applyCreateApiToken } from "./api-token.ts";
import { applyApprove, applyImport } from "./approve.ts";
import { applyBar } from "./bar.ts";
import type { Outcome } from "../records/change.ts";
import { applyClaim, applyHold } from "./claim.ts";
import { applyForget } from "./forget.ts";
import { applyAddToGroup, applyRemoveFromGroup } from "./group.ts";
import { applyNoteConcern, applyNoteName, applyNoteStale, applyRenew } from "./note.ts";
import { applyJoin } from "./join.ts";
import { applyOpenFirstUse } from "./open-first-use.ts";
import type { PreparedChange } from "./prepared-change.ts";
import { applyRename } from "./rename.ts";
import { applyRestore } from "./restore.ts";
import { applyRotate } from "./rotate.ts";
import { applySetAside } from "./set-aside.ts";
import { applyLeaveBranch, applyTakeAway } from "./take-away.ts";
import { undoableSince } from "./undoable.ts";
import { applyUndo } from "./undo.ts";
import { withinScope } from "./within-scope.ts";
import { applyWriteNote } from "./write-note.ts";
import { applyCancelToken, applyCreateToken } from "./token.ts";

/**
 * Carries out one change, from what it and the tables say and nothing else: wherever the same ones are carried out in one
 * order, the same rows come of it. Throws `HandclaspError`: what was written by then is to
 * be taken back, as for a change that is tried out.
 */
export function applyChange(tables: TrustTables, change: PreparedChange): Outcome {
  if (!OPERATORS.has(change.type)) return withinScope(tables, change, carryOut);
  const { sequence } = tables.head();
  const outcome = withinScope(tables, change, carryOut);
  if (outcome.kind !== "changed") return outcome;
  const event = undoableSince(tables, sequence);
  return event === undefined ? outcome : { ...outcome, event };
}

/** What operators do and may want to undo. */
const OPERATORS: ReadonlySet<PreparedChange["type"]> = new Set([
  "approve",
  "revoke",
  "ignore",
  "set-aside",
  "rename",
  "undo",
  "add-to-group",
  "remove-from-group",
]);

function carryOut(tables: TrustTables, change: PreparedChange): Outcome {
  switch (change.type) {
    case "claim":
      return applyClaim(tables, change);
    case "hold":
      return applyHold(tables, change);
    case "join":
      return applyJoin(tables, change);
    case "rotate":
      return applyRotate(tables, change);
    case "note-concern":
      return applyNoteConcern(tables, change);
    case "create-token":
      return applyCreateToken(tables, change);
    case "cancel-token":
      return applyCancelToken(tables, change);
    case "create-api-token":
      return applyCreateApiToken(tables, change);
    case "cancel-api-token":
      return applyCancelApiToken(tables, change);
    case "add-to-group":
      return applyAddToGroup(tables, change);
    case "remove-from-group":
      return applyRemoveFromGroup(tables, change);
    case "renew":
      return applyRenew(tables, change);
    case "note-name":
      return applyNoteName(tables, change);
    case "note-stale":
      return applyNoteStale(tables, change);
    case "approve":
      return applyApprove(tables, change);
    case "import":
      return applyImport(tables, change);
    case "revoke":
    case "ignore":
      return applyBar(tables, change);
    case "set-aside":
      return applySetAside(tables, change);
    case "forget":
      return applyForget(tables, change);
    case "rename":
      return applyRename(tables, change);
    case "write-note":
      return applyWriteNote(tables, change);
    case "undo":
      return applyUndo(tables, change);
    case "open-first-use":
      return applyOpenFirstUse(tables, change);
    case "take-away":
      return applyTakeAway(tables, change);
    case "leave-branch":
      return applyLeaveBranch(tables, change);
    case "restore":
      return applyRestore(tables, change);
    default:
      throw new TypeError(`no version up to this one prepares a change ${String(change satisfies never)}`);
  }
}
