import type { ApiTokenRecord } from "../records/api-token-record.ts";
import type { TrustEvent } from "../records/events.ts";
import type { Scope } from "../records/scope.ts";
import { ENDED_KEPT_MS } from "../records/token-record.ts";

/** What the events say of API tokens. */
export class FoldedApiTokens {
  readonly byId: Map<string, ApiTokenRecord> = new Map();

  /** As stores do: those that ended long ago go whenever one is made. */
  create({ details }: TrustEvent, at: number): void {
    for (const { id, cancelledAt, expires } of this.byId.values()) {
      if ((cancelledAt ?? expires) < at - ENDED_KEPT_MS) this.byId.delete(id);
    }
    const id = details["apiToken"] ?? "";
    const name = details["name"] ?? "";
    this.byId.set(id, {
      id,
      hash: details["hash"] ?? "",
      name,
      nameKey: details["nameKey"] ?? name,
      scope: details["scope"] as Scope,
      createdAt: at,
      expires: Date.parse(details["expires"] ?? ""),
      cancelledAt: null,
    });
  }

  cancel({ details }: TrustEvent, at: number): void {
    const token = this.byId.get(details["apiToken"] ?? "");
    if (token !== undefined) this.byId.set(token.id, { ...token, cancelledAt: at });
  }
}
