import { toHealth } from "../../operator/health.ts";
import type { AdminContext } from "../call/admin-context.ts";
import { type Route, route } from "../call/route.ts";
import { healthJson } from "../schemas/health.ts";

/** How the store is. */
export function healthRoutes({ store, watch, version, process, now }: AdminContext): readonly Route[] {
  return [
    route("GET", "/v1/health", {
      summary: "How the server and its trust store are",
      scope: "read",
      answer: healthJson,
      handle: () => ({ body: { version, process, ...toHealth(store, watch.report, now()) } }),
    }),
  ];
}
