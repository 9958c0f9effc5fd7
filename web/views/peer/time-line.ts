import type { EventJson, KeyDetail } from "../../client/shapes.ts";

type RefusalOfKey = KeyDetail["refusals"][number];

/** What happened to a key, or because of it, at one moment. */
export type Happening =
  | { readonly kind: "event"; readonly at: string; readonly event: EventJson }
  | { readonly kind: "refusal"; readonly at: string; readonly refusal: RefusalOfKey };

/** Events and refusals of a key in one line, the newest first; what has no time is left out. */
export function toTimeLine({
  events,
  refusals,
}: Pick<KeyDetail, "events" | "refusals">): readonly Happening[] {
  const told: Happening[] = [
    ...events.flatMap((event) =>
      event.at === null ? [] : [{ kind: "event", at: event.at, event } as const],
    ),
    ...refusals.flatMap((refusal) =>
      refusal.lastAt === null ? [] : [{ kind: "refusal", at: refusal.lastAt, refusal } as const],
    ),
  ];
  return told.toSorted((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : order(b) - order(a)));
}

/** Of events within one millisecond the chain knows which came first. */
function order(happening: Happening): number {
  return happening.kind === "event" ? happening.event.sequence : 0;
}
