import type { AdminContext } from "../call/admin-context.ts";
import { type Route, route } from "../call/route.ts";

/** How the store is. */
export function healthRoutes({ store, version }: AdminContext): readonly Route[] {
  return [
    route("GET", "/v1/health", {
      summary: "How the server and its trust store are",
      scope: "read",
      handle() {
        const { url, schema, bytes, keys } = store.stats();
        const { sequence, hash } = store.head();
        const head = { sequence, hash };
        return {
          body: { status: "healthy", version, head, store: { url, schema, bytes }, keys, problems: [] },
        };
      },
    }),
  ];
}
