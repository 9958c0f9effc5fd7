import { explainRefusal } from "../../operator/explain-refusal.ts";
import { toListedRefusal } from "../../operator/listed-refusal.ts";
import { refusalsOf } from "../../operator/refusals-of.ts";
import type { AdminContext } from "../call/admin-context.ts";
import { type Route, route } from "../call/route.ts";
import { explainedJson, refusalsJson, refusalsQuery } from "../schemas/lists.ts";
import { toPage } from "../schemas/page-query.ts";
import { searchOf } from "./search-of.ts";

/** Who was refused in the last seven days, and why. */
export function refusalRoutes({ store }: AdminContext): readonly Route[] {
  return [
    route("GET", "/v1/refusals", {
      summary: "Refusals of the last seven days, the newest first",
      scope: "read",
      query: refusalsQuery,
      answer: refusalsJson,
      async handle({ query }) {
        const { q: _, cursor: __, limit: ___, key, ...filter } = query;
        const { items, next } = await store.listRefusals({
          ...filter,
          ...searchOf(query),
          ...(key !== undefined && (await refusalsOf(store, key))),
          ...toPage(query),
        });
        return { body: { items: items.map(toListedRefusal), next } };
      },
    }),
    route("GET", "/v1/refusals/{connection}", {
      summary: "Why a connection was refused, and what changes that",
      scope: "read",
      find: async ({ connection = "" }) => {
        const { items } = await store.listRefusals({ connection, limit: 1 });
        return items[0];
      },
      answer: explainedJson,
      handle: async ({ subject }) => ({ body: await explainRefusal(store, subject.connection) }),
    }),
  ];
}
