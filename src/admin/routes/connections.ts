import { toListedConnection } from "../../operator/listed-connection.ts";
import type { AdminContext } from "../call/admin-context.ts";
import { type Route, route } from "../call/route.ts";
import { connectionsJson, connectionsQuery } from "../schemas/lists.ts";
import { toPage } from "../schemas/page-query.ts";
import { searchOf } from "./search-of.ts";

/** What is open now, in all processes on the store. */
export function connectionRoutes({ store }: AdminContext): readonly Route[] {
  return [
    route("GET", "/v1/connections", {
      summary: "Open connections, the longest open first",
      scope: "read",
      query: connectionsQuery,
      answer: connectionsJson,
      async handle({ query }) {
        const { items, next } = await store.listConnections({ ...searchOf(query), ...toPage(query) });
        return { body: { items: items.map(toListedConnection), next } };
      },
    }),
  ];
}
