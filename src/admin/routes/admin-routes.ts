import type { AdminContext } from "../call/admin-context.ts";
import type { Route } from "../call/route.ts";
import type { Hub } from "../stream/hub.ts";
import { actRoutes } from "./acts.ts";
import { apiTokenRoutes } from "./api-tokens.ts";
import { auditRoutes } from "./audit.ts";
import { commandRoutes } from "./commands.ts";
import { comparisonRoutes } from "./comparisons.ts";
import { connectionRoutes } from "./connections.ts";
import { eventRoutes } from "./events.ts";
import { groupRoutes } from "./groups.ts";
import { healthRoutes } from "./health.ts";
import { keyRoutes } from "./keys.ts";
import { machineRoutes } from "./machines.ts";
import { openApiRoutes } from "./openapi.ts";
import { operatorRoutes } from "./operators.ts";
import { refusalRoutes } from "./refusals.ts";
import { selectionRoutes } from "./selections.ts";
import { sessionRoutes, type SignIn } from "./session.ts";
import { streamRoutes } from "./stream.ts";
import { tokenRoutes } from "./tokens.ts";
import { waitingRoutes } from "./waiting.ts";
import { windowRoutes } from "./window.ts";

/** All routes of the API. */
export function adminRoutes(context: AdminContext, signIn: SignIn, hub: Hub): readonly Route[] {
  return [
    ...sessionRoutes(context, signIn),
    ...healthRoutes(context),
    ...machineRoutes(context),
    ...waitingRoutes(context),
    ...windowRoutes(context),
    ...keyRoutes(context),
    ...actRoutes(context),
    ...comparisonRoutes(context),
    ...selectionRoutes(context),
    ...commandRoutes(context),
    ...groupRoutes(context),
    ...tokenRoutes(context),
    ...connectionRoutes(context),
    ...refusalRoutes(context),
    ...eventRoutes(context),
    ...auditRoutes(context),
    ...apiTokenRoutes(context),
    ...operatorRoutes(context),
    ...streamRoutes(hub),
    ...openApiRoutes(),
  ];
}
