import { Problem } from "../call/problem.ts";
import { type Route, route } from "../call/route.ts";
import type { Hub } from "../stream/hub.ts";

/** What happens, as it happens. */
export function streamRoutes(hub: Hub): readonly Route[] {
  return [
    route("GET", "/v1/stream", {
      summary: "Server-sent events: each change of trust, and what to look at again",
      scope: "read",
      handle({ asked, caller }) {
        const headers = { "content-type": "text/event-stream", "x-accel-buffering": "no" };
        // Of HEAD the body is nobody's: it would be told what happens for ever, and never left.
        if (asked.request.method === "HEAD") return new Response(null, { headers });
        const stream = hub.open({
          by: caller.id,
          after: lastEventOf(asked.request),
          isWelcome: asked.isWelcome,
        });
        if (stream === null) throw new Problem(503, { code: "too-many-streams" }, { "retry-after": "5" });
        return new Response(stream.readable, { headers });
      },
    }),
  ];
}

/** The last event that the page was told before. What is no number is told as a gap. */
function lastEventOf(request: Request): number | null {
  const given = request.headers.get("last-event-id");
  if (given === null || given === "") return null;
  return /^\d{1,15}$/.test(given) ? Number(given) : Number.MAX_SAFE_INTEGER;
}
