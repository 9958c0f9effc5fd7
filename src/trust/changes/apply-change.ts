import { HandclaspError } from "../../errors.ts";
import { escapeText } from "../peer-name.ts";
import type { TrustTables } from "../trust-tables.ts";
import { applyApprove, applyImport } from "./approve.ts";
import { applyBar } from "./bar.ts";
import type { Change, Outcome } from "./change.ts";
import { applyClaim, applyHold } from "./claim.ts";
import { applyForget } from "./forget.ts";
import { applyAddToGroup, applyRemoveFromGroup } from "./group.ts";
import { applyNoteName, applyNoteStale, applyRenew } from "./note.ts";
import { applyNoteConcern } from "./note-concern.ts";
import { applyJoin } from "./join.ts";
import { applyRename } from "./rename.ts";
import { applyRotate } from "./rotate.ts";
import { applySetAside } from "./set-aside.ts";
import { applyCancelToken, applyCreateToken } from "./token.ts";

/** Carries out one change. Throws `HandclaspError` before anything is written, or not at all. */
export function applyChange(tables: TrustTables, change: Change): Outcome {
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
    case "open-first-use":
      tables.openFirstUseUntil(change.until);
      tables.appendEvent({
        type: change.until > change.at ? "first-use-opened" : "first-use-closed",
        at: change.at,
        actor: change.actor,
        pin: null,
        peer: null,
        before: null,
        after: null,
        details: { until: new Date(change.until).toISOString() },
      });
      return { kind: "changed", keys: [] };
    default:
      throw new HandclaspError("ERR_HANDCLASP_OPTION", `there is no change "${unknownType(change)}"`);
  }
}

/** Comes from code that TypeScript did not see. */
function unknownType(change: never): string {
  return escapeText(String((change as { readonly type?: unknown }).type), 40);
}
