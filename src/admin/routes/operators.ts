import { toListedMember } from "../../operator/listed-member.ts";
import { scopeOfPeer } from "../../operator/scope.ts";
import { nameKey } from "../../trust/naming/peer-name.ts";
import { everyItem } from "../../trust/port/page.ts";
import { OPERATOR_GROUPS } from "../../trust/records/scope.ts";
import type { AdminContext } from "../call/admin-context.ts";
import { type Route, route } from "../call/route.ts";
import { type OperatorsJson, operatorsJson } from "../schemas/tokens.ts";

/** Who may act by certificate. */
export function operatorRoutes({ store }: AdminContext): readonly Route[] {
  return [
    route("GET", "/v1/operators", {
      summary: "Peers in groups of operators, and what they may do",
      scope: "manage",
      answer: operatorsJson,
      async handle() {
        const items: OperatorsJson["items"][number][] = [];
        for (const groupKey of OPERATOR_GROUPS.keys()) {
          for await (const member of everyItem((page) => store.listMembers({ groupKey, ...page }))) {
            const { group, peer, addedAt } = toListedMember(member);
            const scope = scopeOfPeer(store.groupsOf(nameKey(peer)).map(nameKey));
            if (scope !== null) items.push({ peer, group, scope, addedAt });
          }
        }
        return { body: { items } };
      },
    }),
  ];
}
