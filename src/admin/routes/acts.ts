import type { OperatorAct } from "../../operator/act.ts";
import { toKeyId } from "../../trust/naming/key-id.ts";
import type { KeyRecord } from "../../trust/records/key-record.ts";
import { actFor } from "../call/acting.ts";
import type { AdminContext } from "../call/admin-context.ts";
import type { Scope } from "../../trust/records/scope.ts";
import { always, type Answer, type Call, type Route, route } from "../call/route.ts";
import { actJson, noteBody, renameBody } from "../schemas/acts.ts";
import { approveBody } from "../schemas/keys.ts";
import { noBody } from "../schemas/session.ts";
import { findKey } from "./find-key.ts";

type KeyCall = Call<unknown, unknown, KeyRecord>;

/** What operators do to one key. */
export function actRoutes(context: AdminContext): readonly Route[] {
  const { store, comparison } = context;
  const find = (params: Readonly<Record<string, string>>): KeyRecord | undefined => findKey(store, params);

  return [
    route("POST", "/v1/keys/{keyId}/approve", {
      summary: "Trusts a key, as it was looked at; how it was compared is known from before",
      scope: "approve",
      needsVersion: always,
      find,
      body: approveBody,
      answer: actJson,
      handle(call) {
        const { caller, subject, version } = call;
        const { expires, ...body } = call.body;
        const end = typeof expires === "string" ? Date.parse(expires) : expires;
        const compared = comparison.comparedBy(caller.id, subject.pin, version);
        return act(call, {
          act: "approve",
          key: toKeyId(subject.pin),
          compared,
          ...body,
          ...(end !== undefined && { expires: end }),
        });
      },
    }),
    simple("ignore", "approve", "Refuses a key from now on, without calling it stolen"),
    simple("revoke", "manage", "Takes the trust from a key for good, and ends its connections"),
    simple("set-aside", "manage", "Takes the trust from a key until it is approved again"),
    simple("forget", "manage", "Removes a key and its name; there is no way back"),
    route("POST", "/v1/keys/{keyId}/rename", {
      summary: "Gives a peer another name",
      scope: "manage",
      needsVersion: always,
      find,
      body: renameBody,
      answer: actJson,
      handle: (call) => act(call, { act: "rename", key: toKeyId(call.subject.pin), peer: call.body.peer }),
    }),
    route("POST", "/v1/keys/{keyId}/note", {
      summary: "Writes down what is to be known of a key",
      scope: "approve",
      find,
      body: noteBody,
      answer: actJson,
      handle: (call) => act(call, { act: "note", key: toKeyId(call.subject.pin), text: call.body.text }),
    }),
  ];

  function simple(name: "ignore" | "revoke" | "set-aside" | "forget", scope: Scope, summary: string): Route {
    return route("POST", `/v1/keys/{keyId}/${name}`, {
      summary,
      scope,
      needsVersion: always,
      find,
      body: noBody,
      answer: actJson,
      handle: (call) => act(call, { act: name, key: toKeyId(call.subject.pin) }),
    });
  }

  async function act({ caller, asked, subject, version }: KeyCall, data: OperatorAct): Promise<Answer> {
    const seen = version === 0 ? {} : { seen: { pin: subject.pin, version } };
    return { body: await actFor(context, { caller, asked, ...seen }, data) };
  }
}
