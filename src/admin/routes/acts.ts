import { toListedKeys } from "../../operator/listed-key.ts";
import { Operator } from "../../operator/operator.ts";
import { isHandclaspError } from "../../errors.ts";
import { toKeyId } from "../../trust/naming/key-id.ts";
import { everyItem } from "../../trust/port/page.ts";
import type { KeyPin, KeyRecord } from "../../trust/records/key-record.ts";
import type { AdminAct, AdminContext } from "../call/admin-context.ts";
import { Problem, toProblem } from "../call/problem.ts";
import { type Answer, type Call, type Route, route } from "../call/route.ts";
import { approveBody } from "../schemas/keys.ts";
import { noBody } from "../schemas/session.ts";
import { findKey } from "./find-key.ts";

/** What operators do to one key. */
export function actRoutes(context: AdminContext): readonly Route[] {
  const { store, now } = context;
  const find = (params: Readonly<Record<string, string>>): KeyRecord | undefined => findKey(store, params);
  return [
    route("POST", "/v1/keys/{keyId}/approve", {
      summary: "Trusts a key, as it was looked at",
      scope: "approve",
      needsVersion: true,
      find,
      body: approveBody,
      handle(call) {
        const { expires, ...options } = call.body;
        const end = typeof expires === "string" ? Date.parse(expires) : expires;
        const approval = { ...options, ...(end !== undefined && { expires: end }) };
        return act(call, { act: "approve", key: toKeyId(call.subject.pin), ...approval }, (operator, seen) =>
          operator.approve(call.subject.pin, { ...approval, seen }),
        );
      },
    }),
    route("POST", "/v1/keys/{keyId}/revoke", {
      summary: "Takes the trust from a key for good, and ends its connections",
      scope: "manage",
      needsVersion: true,
      find,
      body: noBody,
      handle: (call) =>
        act(call, { act: "revoke", key: toKeyId(call.subject.pin) }, (operator, seen) =>
          operator.revoke(call.subject.pin, { seen }),
        ),
    }),
  ];

  async function act(
    { caller, subject, version, asked }: Call<unknown, unknown, KeyRecord>,
    data: AdminAct,
    run: (operator: Operator, seen: { version: number; pin: KeyPin }) => Promise<readonly KeyRecord[]>,
  ): Promise<Answer> {
    const operator = new Operator(store, { user: caller.name, process: context.process, now });
    const open = await openPins();
    try {
      const keys = await run(operator, { version, pin: subject.pin });
      const pins = new Set(keys.filter(({ state }) => state !== "trusted").map(({ pin }) => pin));
      const event = store.head().sequence;
      const [first] = keys;
      return {
        body: {
          keys: await toListedKeys(store, keys, now()),
          ended: open.filter((pin) => pins.has(pin)).length,
          event,
          undo: { path: `/v1/events/${event}/undo`, etag: `"${first?.version}"` },
          command: context.commandOf(data),
          curl: `curl ${asked.origin}${new URL(asked.request.url).pathname}`,
        },
      };
    } catch (error) {
      if (!isHandclaspError(error, "ERR_HANDCLASP_CHANGED")) throw error;
      const present = store.key(subject.pin);
      const [key] = present === undefined ? [] : await toListedKeys(store, [present], now());
      throw new Problem(412, { ...toProblem(error).members, key: key ?? null });
    }
  }

  async function openPins(): Promise<readonly KeyPin[]> {
    const pins: KeyPin[] = [];
    for await (const { pin } of everyItem((page) => store.listConnections(page))) pins.push(pin);
    return pins;
  }
}
