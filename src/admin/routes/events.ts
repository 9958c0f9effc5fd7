import { eventsAbout } from "../../operator/events-about.ts";
import { eventAt, toListedEvent } from "../../operator/listed-event.ts";
import type { SealedEvent } from "../../trust/records/events.ts";
import { actFor, changedSince } from "../call/acting.ts";
import type { AdminContext } from "../call/admin-context.ts";
import { type Route, route } from "../call/route.ts";
import { actJson } from "../schemas/acts.ts";
import { eventsJson, eventsQuery } from "../schemas/lists.ts";
import { toPage } from "../schemas/page-query.ts";
import { noBody } from "../schemas/session.ts";
import { searchOf } from "./search-of.ts";

/** Every change of trust, and taking one back. */
export function eventRoutes(context: AdminContext): readonly Route[] {
  const { store } = context;
  return [
    route("GET", "/v1/events", {
      summary: "Events, the oldest first unless asked otherwise",
      scope: "read",
      query: eventsQuery,
      answer: eventsJson,
      async handle({ query }) {
        const { q: _, cursor: __, limit: ___, key, ...filter } = query;
        const { items, next } = await store.listEvents({
          ...filter,
          ...searchOf(query),
          ...(key !== undefined && { about: await eventsAbout(store, key) }),
          ...toPage(query),
        });
        return { body: { items: items.map(toListedEvent), next } };
      },
    }),
    route("POST", "/v1/events/{sequence}/undo", {
      summary: "Takes back what an event says, as a new event",
      scope: "approve",
      // Who is in a group is no matter of one key.
      needsVersion: (event: SealedEvent) => toListedEvent(event).pin !== null,
      find: async ({ sequence = "" }) =>
        /^[1-9]\d{0,14}$/.test(sequence) ? await eventAt(store, Number(sequence)) : undefined,
      body: noBody,
      answer: actJson,
      async handle({ caller, asked, subject, version }) {
        const { pin } = toListedEvent(subject);
        const key = pin === null ? undefined : store.key(pin);
        // Which other keys come along is for the change to find, and whether any of them is another one since.
        if (pin !== null && key?.version !== version) throw await changedSince(context, { pin });
        const act = { act: "undo", event: subject.sequence } as const;
        return { body: await actFor(context, { caller, asked, ...(key && { looked: key }) }, act) };
      },
    }),
  ];
}
