// What the API's lists have in their rows.
import type { Explanation } from "../../src/explain/explanation.ts";
import type { ExplainedRefusal } from "../../src/operator/explain-refusal.ts";
import type { StandingJson, TimesCompared } from "../../src/operator/compare-times.ts";
import type { ConnectionJson } from "../../src/operator/listed-connection.ts";
import type { MemberJson } from "../../src/operator/listed-member.ts";
import type { RefusalJson } from "../../src/operator/listed-refusal.ts";
import type { TokenJson } from "../../src/operator/listed-token.ts";
import type { Scope } from "./shapes.ts";

export type { ConnectionJson, StandingJson, TimesCompared, MemberJson, RefusalJson, TokenJson };

export interface RefusalExplained {
  readonly refusal: ExplainedRefusal;
  readonly explanation: Explanation;
}

/** The only copy of what lets a client in. */
export interface Invited {
  readonly id: string;
  readonly peer: string;
  readonly token: string;
  /** The command line that uses it. */
  readonly join: string;
  readonly expires: string;
}

export interface ApiTokenJson {
  readonly id: string;
  readonly name: string;
  readonly scope: Scope;
  readonly state: "open" | "expired" | "cancelled";
  readonly createdAt: string | null;
  readonly expires: string | null;
  readonly lastUsed: string | null;
}

export interface OperatorRow {
  readonly peer: string;
  readonly group: string;
  readonly scope: Scope;
  readonly addedAt: string | null;
}

/** The only copy of what lets an operator in. */
export interface CreatedApiToken {
  readonly id: string;
  readonly name: string;
  readonly scope: Scope;
  readonly expires: string;
  readonly token: string;
}

/** The end of the chain of events, and how far it was verified. */
export interface AuditHead {
  readonly head: { readonly sequence: number; readonly hash: string };
  readonly verified: number;
  readonly broken: { readonly sequence: number; readonly problem: string } | null;
}

export interface AuditVerified {
  readonly ok: boolean;
  readonly head: { readonly sequence: number; readonly hash: string };
  readonly problem: string | null;
}
