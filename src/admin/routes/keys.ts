import { toListedKey } from "../../operator/listed-key.ts";
import { toShownKey } from "../../operator/shown-key.ts";
import { everyItem } from "../../trust/port/page.ts";
import type { KeyPin, KeyRecord } from "../../trust/records/key-record.ts";
import type { AdminContext } from "../call/admin-context.ts";
import { type Route, route } from "../call/route.ts";
import { type KeyDetail, keyDetail, type KeyRow, keysJson, keysQuery } from "../schemas/keys.ts";
import { findKey } from "./find-key.ts";

/** Of events and refusals of one key. */
const MOST_SHOWN = 100;

/** Keys, as lists and one by one. */
export function keyRoutes({ store, now }: AdminContext): readonly Route[] {
  return [
    route("GET", "/v1/keys", {
      summary: "Keys that match, the longest known first",
      scope: "read",
      query: keysQuery,
      answer: keysJson,
      async handle({ query: { q, state, cursor, limit = 100 } }) {
        const filter = {
          limit,
          ...(q !== undefined && q !== "" && { search: q }),
          ...(state !== undefined && { state }),
          ...(cursor !== undefined && { after: cursor }),
        };
        const { items, next } = await store.listKeys(filter);
        const open = await openOf(items.map(({ pin }) => pin));
        const rows = items.map(async (key): Promise<KeyRow> => {
          return { ...(await toListedKey(store, key, now())), ...about(key, open) };
        });
        return { body: { items: await Promise.all(rows), next } };
      },
    }),
    route("GET", "/v1/keys/{keyId}", {
      summary: "A key with all that is known of it; its version as ETag",
      scope: "read",
      find: (params) => findKey(store, params),
      answer: keyDetail,
      async handle({ subject: key }) {
        const shown = await toShownKey(store, key, { now: now(), most: MOST_SHOWN });
        const body: KeyDetail = { ...shown, ...about(key, await openOf([key.pin])) };
        return { body, headers: { etag: `"${key.version}"` } };
      },
    }),
  ];

  function about(
    { pin, nameKey }: KeyRecord,
    open: ReadonlyMap<KeyPin, number>,
  ): Pick<KeyRow, "groups" | "connections"> {
    return { groups: nameKey === null ? [] : store.groupsOf(nameKey), connections: open.get(pin) ?? 0 };
  }

  async function openOf(pins: readonly KeyPin[]): Promise<ReadonlyMap<KeyPin, number>> {
    const wanted = new Set(pins);
    const open = new Map<KeyPin, number>();
    for await (const { pin } of everyItem((page) => store.listConnections(page))) {
      if (wanted.has(pin)) open.set(pin, (open.get(pin) ?? 0) + 1);
    }
    return open;
  }
}
