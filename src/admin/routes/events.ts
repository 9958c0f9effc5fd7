import { eventsAbout } from "../../operator/events-about.ts";
import { eventAt, toListedEvent } from "../../operator/listed-event.ts";
import type { KeyPin, KeyRecord } from "../../trust/records/key-record.ts";
import { nameKey } from "../../trust/naming/peer-name.ts";
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
      needsVersion: true,
      find: ({ sequence = "" }) =>
        /^[1-9]\d{0,14}$/.test(sequence) ? eventAt(store, Number(sequence)) : undefined,
      body: noBody,
      answer: actJson,
      async handle({ caller, asked, subject, version }) {
        const { pin, peer } = toListedEvent(subject);
        const keys = keysOf(pin, peer);
        const seen = keys.find((key) => key.version === version);
        // Which other keys come along is for the change to find, and whether any of them is another one since.
        if (seen === undefined && keys.length > 0) throw await changedSince(context, keys[0]);
        const act = { act: "undo", event: subject.sequence } as const;
        return { body: await actFor(context, { caller, asked, ...(seen && { looked: seen }) }, act) };
      },
    }),
  ];

  /** Whose version can have been looked at: of an event about a peer any of its keys. */
  function keysOf(pin: KeyPin | null, peer: string | null): readonly KeyRecord[] {
    const key = pin === null ? undefined : store.key(pin);
    if (key !== undefined) return [key];
    return peer === null ? [] : store.keysOfName(nameKey(peer));
  }
}
