import { actFor } from "../call/acting.ts";
import type { AdminContext } from "../call/admin-context.ts";
import { type Route, route } from "../call/route.ts";
import { actJson } from "../schemas/acts.ts";
import { noBody } from "../schemas/session.ts";
import { openWindowBody, windowJson } from "../schemas/window.ts";
import { toWindowNow } from "./window-now.ts";

const MOST_SHOWN = 500;

/** While it is open, whoever comes first is let in, whatever the policy. */
export function windowRoutes(context: AdminContext): readonly Route[] {
  return [
    route("GET", "/v1/window", {
      summary: "The window of first use, open or the last one, and who came by it",
      scope: "read",
      answer: windowJson,
      handle: async () => ({ body: await toWindowNow(context, MOST_SHOWN) }),
    }),
    route("PUT", "/v1/window", {
      summary: "Opens a window of first use, in place of one that is open",
      scope: "manage",
      body: openWindowBody,
      answer: actJson,
      async handle({ caller, asked, body }) {
        return { body: await actFor(context, { caller, asked }, { act: "open-window", ...body }) };
      },
    }),
    route("DELETE", "/v1/window", {
      summary: "Closes the window of first use",
      scope: "manage",
      body: noBody,
      answer: actJson,
      async handle({ caller, asked }) {
        return { body: await actFor(context, { caller, asked }, { act: "close-window" }) };
      },
    }),
  ];
}
