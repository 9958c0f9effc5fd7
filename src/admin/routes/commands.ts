import type { OperatorAct } from "../../operator/act.ts";
import type { AdminContext } from "../call/admin-context.ts";
import { toCurl } from "../call/curl.ts";
import { requestOf } from "../call/request-of.ts";
import { type Route, route } from "../call/route.ts";
import { commandsJson } from "../schemas/acts.ts";
import { operatorAct } from "../schemas/operator-act.ts";
import { findKey } from "./find-key.ts";

/** What stands beside each button: how else it is done. */
export function commandRoutes({ store, commandOf }: AdminContext): readonly Route[] {
  return [
    route("POST", "/v1/commands", {
      summary: "The command line and the request by curl of an act, which is not done",
      scope: "read",
      body: operatorAct,
      answer: commandsJson,
      handle({ body: act, asked }) {
        return {
          body: { command: commandOf(act), curl: toCurl(asked.origin, requestOf(act, versionFor(act))) },
        };
      },
    }),
  ];

  /** Of the key that it is about, where that is one. */
  function versionFor(act: OperatorAct): number | null {
    return "key" in act ? (findKey(store, { keyId: act.key })?.version ?? null) : null;
  }
}
