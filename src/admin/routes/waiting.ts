import { toWaiting } from "../../operator/waiting.ts";
import type { AdminContext } from "../call/admin-context.ts";
import { type Route, route } from "../call/route.ts";
import { toPage } from "../schemas/page-query.ts";
import { toWindowNow } from "./window-now.ts";
import { waitingJson, waitingQuery } from "../schemas/waiting.ts";

/** Of who came by the window, here: all of them are the window's. */
const SOME = 10;

/** Who waits for an operator. */
export function waitingRoutes(context: AdminContext): readonly Route[] {
  return [
    route("GET", "/v1/waiting", {
      summary: "Who waits: conflicts first, then the newest; strangers of one network as one item",
      scope: "read",
      query: waitingQuery,
      answer: waitingJson,
      async handle({ query }) {
        const waiting = await toWaiting(context.store, context.now(), toPage(query));
        return { body: { ...waiting, window: await toWindowNow(context, SOME) } };
      },
    }),
  ];
}
