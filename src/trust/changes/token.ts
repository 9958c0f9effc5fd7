import { HandclaspError } from "../../errors.ts";
import { groupsInDetails } from "../chain/token-groups.ts";
import { toKeyId } from "../naming/key-id.ts";
import { keepsItsName } from "../judging/is-set-aside.ts";
import { ENDED_KEPT_MS, type TokenRecord, tokenState } from "../records/token-record.ts";
import type { TrustTables } from "../records/trust-tables.ts";
import type { EventDraft } from "../records/events.ts";
import type { CancelTokenChange, ChangeOrigin, Outcome } from "../records/change.ts";
import { mustBeNoListWord } from "../naming/list-words.ts";
import type { PreparedCreateToken } from "./prepared-change.ts";

const NOTHING: Outcome = { kind: "changed", keys: [] };

/** Keeps what is needed to recognise a token. A name that a trusted key has is not given away by accident. */
export function applyCreateToken(tables: TrustTables, change: PreparedCreateToken): Outcome {
  const { token, at, actor } = change;
  mustBeNoListWord(tables, { name: token.peer, nameKey: token.nameKey });
  const holders = tables.keysOfName(token.nameKey).filter(keepsItsName);
  if (holders.length > 0 && !token.replace) {
    throw new HandclaspError("ERR_HANDCLASP_CONFLICT", `"${token.peer}" has a trusted key already`, {
      hint: "give another name, or have the token retire that key when it is used",
      remedies: [{ act: "create-token", at: "server", options: { replace: true } }],
      details: { peer: token.peer, holders: holders.map((holder) => holder.pin) },
    });
  }
  tables.dropTokens(at - ENDED_KEPT_MS);
  tables.putToken({
    ...token,
    createdAt: at,
    usedAt: null,
    usedBy: null,
    cancelledAt: null,
  });
  tables.appendEvent({
    type: "token-created",
    at,
    actor,
    pin: null,
    peer: token.peer,
    before: null,
    after: null,
    details: {
      token: token.id,
      expires: new Date(token.expires).toISOString(),
      from: token.from,
      replace: token.replace ? "yes" : null,
      publicKey: Buffer.from(token.publicKey).toString("hex"),
      serverPin: token.serverPin,
      ...groupsInDetails(token.groups),
    },
  });
  return NOTHING;
}

/** Makes a token worthless before it is used. */
export function applyCancelToken(tables: TrustTables, { id, at, actor }: CancelTokenChange): Outcome {
  const token = tables.token(id);
  if (token === undefined) throw new HandclaspError("ERR_HANDCLASP_NOT_FOUND", `no token ${id} in the store`);
  const state = tokenState(token, at);
  if (state !== "open") {
    throw new HandclaspError("ERR_HANDCLASP_STATE", `the token ${id} cannot be cancelled: it is ${state}`, {
      ...(token.usedBy !== null && {
        hint: "to undo what it did, revoke the key that used it",
        remedies: [{ act: "revoke-key", at: "server", key: toKeyId(token.usedBy) }],
      }),
    });
  }
  cancelToken(tables, { at, actor }, token);
  return NOTHING;
}

/** `why` is in the event, where nobody asked for it. */
export function cancelToken(
  tables: TrustTables,
  { at, actor }: ChangeOrigin,
  token: TokenRecord,
  why: EventDraft["details"] = {},
): void {
  tables.putToken({ ...token, cancelledAt: at } satisfies TokenRecord);
  tables.appendEvent({
    type: "token-cancelled",
    at,
    actor,
    pin: null,
    peer: token.peer,
    before: null,
    after: null,
    details: { token: token.id, ...why },
  });
}
