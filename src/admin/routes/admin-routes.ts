import type { AdminContext } from "../call/admin-context.ts";
import type { Route } from "../call/route.ts";
import { actRoutes } from "./acts.ts";
import { healthRoutes } from "./health.ts";
import { keyRoutes } from "./keys.ts";
import { sessionRoutes, type SignIn } from "./session.ts";

/** All routes of the API. */
export function adminRoutes(context: AdminContext, signIn: SignIn): readonly Route[] {
  return [
    ...sessionRoutes(context, signIn),
    ...healthRoutes(context),
    ...keyRoutes(context),
    ...actRoutes(context),
  ];
}
