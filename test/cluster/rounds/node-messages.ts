import type { AuditReport } from "../../../src/trust/chain/audit-rows.ts";
import type { Replication } from "../../../src/trust/port/replication.ts";
import type { Change, Outcome } from "../../../src/trust/records/change.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";

export type Question =
  | { readonly kind: "apply"; readonly change: Change }
  | { readonly kind: "judge"; readonly pins: readonly KeyPin[] }
  | { readonly kind: "report" }
  /** Throws why it cannot. */
  | { readonly kind: "catch-up" }
  | { readonly kind: "audit" }
  | { readonly kind: "close" };

export type Told =
  | { readonly kind: "outcome"; readonly outcome: Outcome }
  /** A key's state, `unknown`, or `unavailable` when nobody is let in by what the machine knows. */
  | { readonly kind: "states"; readonly states: readonly string[] }
  | { readonly kind: "replication"; readonly replication: Replication | null }
  | { readonly kind: "audit"; readonly report: AuditReport }
  | { readonly kind: "caught-up" }
  | { readonly kind: "closed" };

export interface Asked {
  readonly id: number;
  readonly question: Question;
}

export type Answer =
  | { readonly id: number; readonly ok: true; readonly told: Told }
  | { readonly id: number; readonly ok: false; readonly code: string; readonly message: string };
