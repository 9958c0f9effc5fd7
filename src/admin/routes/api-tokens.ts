import { durationUpTo } from "../../duration.ts";
import { toListedApiToken } from "../../operator/listed-api-token.ts";
import type { OperatorAct } from "../../operator/act.ts";
import { actFor, performFor } from "../call/acting.ts";
import type { AdminContext } from "../call/admin-context.ts";
import { toCurl } from "../call/curl.ts";
import { Problem } from "../call/problem.ts";
import { requestOf } from "../call/request-of.ts";
import { everyItem } from "../../trust/port/page.ts";
import { type Route, route } from "../call/route.ts";
import { actJson } from "../schemas/acts.ts";
import { toPage } from "../schemas/page-query.ts";
import { noBody } from "../schemas/session.ts";
import {
  apiTokensJson,
  type CreatedApiTokenJson,
  createApiTokenBody,
  createdApiTokenJson,
  tokensQuery,
} from "../schemas/tokens.ts";
import { searchOf } from "./search-of.ts";

const parseLife = durationUpTo(3653);

/** What lets scripts in. */
export function apiTokenRoutes(context: AdminContext): readonly Route[] {
  const { store, now, commandOf } = context;
  return [
    route("GET", "/v1/api-tokens", {
      summary: "API tokens, the newest first; those that ended for 30 days",
      scope: "manage",
      query: tokensQuery,
      answer: apiTokensJson,
      async handle({ query }) {
        const { items, next } = await store.listApiTokens({ ...searchOf(query), ...toPage(query) });
        return { body: { items: items.map((token) => toListedApiToken(token, now())), next } };
      },
    }),
    route("POST", "/v1/api-tokens", {
      summary: "Makes an API token, which is shown this once",
      scope: "admin",
      body: createApiTokenBody,
      answer: createdApiTokenJson,
      async handle({ caller, asked, body: { name, scope, expires: end } }) {
        const expires = /^\d+[smhdw]$/.test(end) ? now() + parseLife(end) : Date.parse(end);
        const act: OperatorAct = { act: "create-api-token", name, scope, expires };
        const { apiToken } = await performFor(context, { caller, asked }, act);
        if (apiToken === undefined) throw new Problem(500, { code: "unexpected" });
        const body: CreatedApiTokenJson = {
          id: apiToken.id,
          name,
          scope,
          expires: new Date(expires).toISOString(),
          token: apiToken.token,
          command: commandOf(act),
          curl: toCurl(asked.origin, requestOf(act, null)),
        };
        return { body, status: 201 };
      },
    }),
    route("POST", "/v1/api-tokens/{id}/cancel", {
      summary: "Ends an API token, and what it signed in",
      scope: "admin",
      find: async ({ id = "" }) => {
        if (!/^[0-9a-f]{32}$/.test(id)) return undefined;
        // Others may be called like it.
        const found = everyItem((page) => store.listApiTokens({ search: id, ...page }));
        for await (const token of found) if (token.id === id) return token;
        return undefined;
      },
      body: noBody,
      answer: actJson,
      async handle({ caller, asked, subject: { id } }) {
        return { body: await actFor(context, { caller, asked }, { act: "cancel-api-token", id }) };
      },
    }),
  ];
}
