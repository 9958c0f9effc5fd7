import { type Route, route } from "../call/route.ts";
import document from "../schemas/openapi.json" with { type: "json" };

/** What all routes are, for programs. */
export function openApiRoutes(): readonly Route[] {
  return [
    route("GET", "/v1/openapi.json", {
      summary: "This API as OpenAPI 3.1",
      scope: "read",
      handle: () => ({ body: document }),
    }),
  ];
}
