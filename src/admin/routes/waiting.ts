import { toWaiting } from "../../operator/waiting.ts";
import type { AdminContext } from "../call/admin-context.ts";
import { type Route, route } from "../call/route.ts";
import { toPage } from "../schemas/page-query.ts";
import { waitingJson, waitingQuery } from "../schemas/waiting.ts";

/** Who waits for an operator. */
export function waitingRoutes({ store, now }: AdminContext): readonly Route[] {
  return [
    route("GET", "/v1/waiting", {
      summary: "Who waits: conflicts first, then the newest; strangers of one network as one item",
      scope: "read",
      query: waitingQuery,
      answer: waitingJson,
      handle: async ({ query }) => ({ body: await toWaiting(store, now(), toPage(query)) }),
    }),
  ];
}
