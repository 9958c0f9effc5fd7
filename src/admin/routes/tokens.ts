import type { OperatorAct } from "../../operator/act.ts";
import { toListedToken } from "../../operator/listed-token.ts";
import { encodeJoinToken } from "../../trust/naming/join-token.ts";
import { parseKeyPin } from "../../trust/naming/key-pin.ts";
import { actFor, performFor } from "../call/acting.ts";
import type { AdminContext } from "../call/admin-context.ts";
import { toCurl } from "../call/curl.ts";
import { Problem } from "../call/problem.ts";
import { requestOf } from "../call/request-of.ts";
import { type Route, route } from "../call/route.ts";
import { actJson } from "../schemas/acts.ts";
import { toPage } from "../schemas/page-query.ts";
import { noBody } from "../schemas/session.ts";
import {
  type CreatedTokenJson,
  createdTokenJson,
  createTokenBody,
  type CreateTokenBody,
  tokensJson,
  tokensQuery,
} from "../schemas/tokens.ts";
import { searchOf } from "./search-of.ts";

type CreateToken = OperatorAct & { readonly act: "create-token" };

/** Invitations: what one is made of is shown once. */
export function tokenRoutes(context: AdminContext): readonly Route[] {
  const { store, now, commandOf, joinCommandOf } = context;
  return [
    route("GET", "/v1/tokens", {
      summary: "Join tokens of the last 30 days, the newest first",
      scope: "read",
      query: tokensQuery,
      answer: tokensJson,
      async handle({ query }) {
        const { items, next } = await store.listTokens({ ...searchOf(query), ...toPage(query) });
        return { body: { items: items.map((token) => toListedToken(token, now())), next } };
      },
    }),
    route("POST", "/v1/tokens", {
      summary: "Invites one client; what lets it in is shown this once",
      scope: "manage",
      body: createTokenBody,
      answer: createdTokenJson,
      async handle({ caller, asked, body: said }) {
        const act = toAct(said);
        const { token } = await performFor(context, { caller, asked }, act);
        if (token === undefined) throw new Problem(500, { code: "unexpected" });
        const { id, peer, expires, servers, serverPin } = token;
        const text = encodeJoinToken(token);
        const body: CreatedTokenJson = {
          id,
          peer,
          expires: new Date(expires).toISOString(),
          servers,
          serverPin,
          token: text,
          join: joinCommandOf(text),
          command: commandOf(act),
          curl: toCurl(asked.origin, requestOf(act, null)),
        };
        return { body, status: 201 };
      },
    }),
    route("POST", "/v1/tokens/{id}/cancel", {
      summary: "Makes a token worthless before it is used",
      scope: "manage",
      find: ({ id = "" }) => (/^[0-9a-f]{32}$/.test(id) ? store.token(id) : undefined),
      body: noBody,
      answer: actJson,
      async handle({ caller, asked, subject: { id } }) {
        return { body: await actFor(context, { caller, asked }, { act: "cancel-token", id }) };
      },
    }),
  ];
}

function toAct({ serverPin, ...said }: CreateTokenBody): CreateToken {
  const pin = serverPin === undefined ? undefined : parseKeyPin(serverPin);
  if (serverPin !== undefined && pin === undefined) {
    throw new Problem(422, { code: "invalid", detail: "this is no pin", pointer: "/serverPin" });
  }
  return { act: "create-token", ...said, ...(pin !== undefined && { serverPin: pin }) };
}
