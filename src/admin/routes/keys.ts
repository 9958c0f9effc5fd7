import { toKeysInList } from "../../operator/listed-key.ts";
import { onlyIn, parseSearch, suggestSearches, type TypedFilter } from "../../operator/search-text.ts";
import { toShownKey } from "../../operator/shown-key.ts";
import { toIsoTime } from "../../operator/iso-time.ts";
import { recordedServer } from "../../operator/known-server.ts";
import { toWaitingKeys } from "../../operator/waiting-key.ts";
import { nameKey } from "../../trust/naming/peer-name.ts";
import { encodeKeyCode } from "../../trust/naming/key-code.ts";
import type { KeyPin, KeyRecord } from "../../trust/records/key-record.ts";
import type { AdminContext } from "../call/admin-context.ts";
import { type Route, route } from "../call/route.ts";
import {
  type KeyDetail,
  keyDetail,
  type KeysJson,
  keysJson,
  type KeysQuery,
  keysQuery,
} from "../schemas/keys.ts";
import { toPage } from "../schemas/page-query.ts";
import { findKey } from "./find-key.ts";

/** Of events and refusals of one key. */
const MOST_SHOWN = 100;
/** That are suggested from. */
const MOST_GROUPS = 100;
const LOOKED_EVERY_MS = 10_000;
const NOTHING = { seen: [], refusals: [], opened: [], closed: [] };

/** Keys, as lists and one by one. */
export function keyRoutes({ store, now }: AdminContext): readonly Route[] {
  return [
    route("GET", "/v1/keys", {
      summary: "Keys that match, the longest known first",
      scope: "read",
      query: keysQuery,
      answer: keysJson,
      async handle({ query }) {
        const { items, next } = await store.listKeys({ ...filterOf(query, now()), ...toPage(query) });
        const body: KeysJson = {
          items: await toKeysInList(store, items, now()),
          next,
          suggestions: await suggestionsFor(query),
        };
        return { body };
      },
    }),
    route("GET", "/v1/keys/{keyId}", {
      summary: "A key with all that is known of it; its version as ETag",
      scope: "read",
      find: (params) => findKey(store, params),
      answer: keyDetail,
      async handle({ subject: key, caller }) {
        const seenByOperator = toIsoTime(store.lookedAt(key.pin));
        // Whoever only reads by a token is a program.
        if (caller.via !== "bearer" || caller.scope !== "read") looked(key.pin);
        return { body: { ...(await detailOf(key)), seenByOperator }, headers: { etag: `"${key.version}"` } };
      },
    }),
  ];

  /** For who is still typing. */
  async function suggestionsFor({ q = "", cursor }: KeysQuery): Promise<readonly string[]> {
    if (q === "" || cursor !== undefined) return [];
    const { items } = await store.listGroups({ limit: MOST_GROUPS });
    return suggestSearches(
      q,
      items.map(({ group }) => group),
    );
  }

  async function detailOf(key: KeyRecord): Promise<Omit<KeyDetail, "seenByOperator">> {
    const shown = await toShownKey(store, key, { now: now(), most: MOST_SHOWN });
    const [waiting] = await toWaitingKeys(store, [{ ...key, lastSeen: null }], now());
    const { claim = null, holder = null, address = null, listener = null } = waiting ?? {};
    const { tries = 0, lastTry = null } = waiting ?? {};
    const [beside] = await store.surroundings([key.pin]);
    const server = recordedServer(store);
    return {
      ...shown,
      claim,
      holder,
      address,
      listener,
      tries,
      lastTry,
      code: server === undefined ? null : encodeKeyCode({ serverPin: server.pin, pin: key.pin }),
      groups: beside?.groups ?? [],
      connections: beside?.connections ?? 0,
    };
  }

  /** Its owner is told so; who looks again and again has it written down once in a while. */
  function looked(pin: KeyPin): void {
    const at = now();
    if (at - (store.lookedAt(pin) ?? 0) < LOOKED_EVERY_MS) return;
    void store.record({ ...NOTHING, looked: [{ pin, at }] }).catch(() => undefined);
  }
}

/** What was typed, and whatever else is asked for: both have to fit. */
function filterOf({ q = "", state, source, group, seenBefore }: KeysQuery, now: number): TypedFilter {
  const typed = q.trim() === "" ? {} : parseSearch(q, now);
  const filter = state === undefined ? typed : onlyIn(state, typed);
  const isOpen =
    filter.source === undefined || source === undefined || [filter.source].flat().includes(source);
  return {
    ...filter,
    ...(source !== undefined && { source: isOpen ? source : [] }),
    ...(group !== undefined && { groups: [...(filter.groups ?? []), nameKey(group)] }),
    ...(seenBefore !== undefined && {
      seenBefore: Math.min(seenBefore, filter.seenBefore ?? Number.POSITIVE_INFINITY),
    }),
  };
}
