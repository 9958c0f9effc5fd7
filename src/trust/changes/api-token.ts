import { HandclaspError } from "../../errors.ts";
import { type ApiTokenRecord, apiTokenState } from "../records/api-token-record.ts";
import type { CancelApiTokenChange, ChangeOrigin, Outcome } from "../records/change.ts";
import type { EventDraft } from "../records/events.ts";
import { ENDED_KEPT_MS } from "../records/token-record.ts";
import type { TrustTables } from "../records/trust-tables.ts";
import { nameDetails } from "./names-in-events.ts";
import type { PreparedCreateApiToken } from "./prepared-change.ts";

const NOTHING: Outcome = { kind: "changed", keys: [] };

/** Keeps what is needed to recognise an API token. Of two that are open, none is called as the other: events say who acted by it. */
export function applyCreateApiToken(
  tables: TrustTables,
  { token, at, actor }: PreparedCreateApiToken,
): Outcome {
  const namesake = tables.apiTokensCalled(token.nameKey).find((one) => apiTokenState(one, at) === "open");
  if (namesake !== undefined) {
    throw new HandclaspError("ERR_HANDCLASP_CONFLICT", `there is an API token "${token.name}" already`, {
      hint: "give another name, or cancel that one first",
      details: { id: namesake.id },
    });
  }
  tables.dropApiTokens(at - ENDED_KEPT_MS);
  tables.putApiToken({ ...token, createdAt: at, cancelledAt: null } satisfies ApiTokenRecord);
  tables.appendEvent({
    ...aboutNobody("api-token-created", { at, actor }),
    details: {
      apiToken: token.id,
      ...nameDetails("name", token),
      scope: token.scope,
      expires: new Date(token.expires).toISOString(),
      hash: token.hash,
    },
  });
  return NOTHING;
}

/** Whoever has it is nobody from now on. */
export function applyCancelApiToken(tables: TrustTables, { id, at, actor }: CancelApiTokenChange): Outcome {
  const token = tables.apiToken(id);
  if (token === undefined) {
    throw new HandclaspError("ERR_HANDCLASP_NOT_FOUND", `no API token ${id} in the store`);
  }
  const state = apiTokenState(token, at);
  if (state !== "open") {
    const problem = `the API token ${id} cannot be cancelled: it is ${state}`;
    throw new HandclaspError("ERR_HANDCLASP_STATE", problem);
  }
  cancelApiToken(tables, { at, actor }, token);
  return NOTHING;
}

/** `why` is in the event, where nobody asked for it. */
export function cancelApiToken(
  tables: TrustTables,
  { at, actor }: ChangeOrigin,
  token: ApiTokenRecord,
  why: EventDraft["details"] = {},
): void {
  tables.putApiToken({ ...token, cancelledAt: at });
  tables.appendEvent({
    ...aboutNobody("api-token-cancelled", { at, actor }),
    details: { apiToken: token.id, ...nameDetails("name", token), ...why },
  });
}

function aboutNobody(
  type: EventDraft["type"],
  { at, actor }: Pick<EventDraft, "at" | "actor">,
): Omit<EventDraft, "details"> {
  return { type, at, actor, pin: null, peer: null, before: null, after: null };
}
