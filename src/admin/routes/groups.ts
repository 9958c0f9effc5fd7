import { toListedMember } from "../../operator/listed-member.ts";
import { nameKey } from "../../trust/naming/peer-name.ts";
import { actFor } from "../call/acting.ts";
import type { AdminContext } from "../call/admin-context.ts";
import { type Route, route } from "../call/route.ts";
import { actJson } from "../schemas/acts.ts";
import { groupBody, membersJson, membersQuery } from "../schemas/lists.ts";
import { toPage } from "../schemas/page-query.ts";
import { searchOf } from "./search-of.ts";

/** Peers that are let in together. */
export function groupRoutes(context: AdminContext): readonly Route[] {
  return [
    route("GET", "/v1/groups", {
      summary: "Who is in which group",
      scope: "read",
      query: membersQuery,
      answer: membersJson,
      async handle({ query }) {
        const { items, next } = await context.store.listMembers({
          ...searchOf(query),
          ...(query.group !== undefined && { groupKey: nameKey(query.group) }),
          ...toPage(query),
        });
        return { body: { items: items.map(toListedMember), next } };
      },
    }),
    change("add", "add-to-group", "Puts a peer into a group, with all its keys"),
    change("remove", "remove-from-group", "Takes a peer out of a group"),
  ];

  function change(verb: string, act: "add-to-group" | "remove-from-group", summary: string): Route {
    return route("POST", `/v1/groups/${verb}`, {
      summary,
      scope: "manage",
      body: groupBody,
      answer: actJson,
      async handle({ caller, asked, body: { group, key } }) {
        return { body: await actFor(context, { caller, asked }, { act, group, key }) };
      },
    });
  }
}
