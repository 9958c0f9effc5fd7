import { Problem } from "../call/problem.ts";
import { type Route, route } from "../call/route.ts";
import type { Hub } from "../stream/hub.ts";

/** What happens, as it happens. */
export function streamRoutes(hub: Hub): readonly Route[] {
  return [
    route("GET", "/v1/stream", {
      summary: "Server-sent events: each change of trust, and what to look at again",
      scope: "read",
      handle({ asked }) {
        const stream = hub.open(lastEventOf(asked.request), asked.isWelcome);
        if (stream === null) throw new Problem(503, { code: "too-many-streams" }, { "retry-after": "5" });
        return new Response(stream.readable, {
          headers: { "content-type": "text/event-stream", "x-accel-buffering": "no" },
        });
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
