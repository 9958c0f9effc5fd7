import { isHandclaspError } from "../../errors.ts";
import { type OperatorAct, perform, type Performed } from "../../operator/act.ts";
import { surroundingsOf, toListedKeys } from "../../operator/listed-key.ts";
import { Operator } from "../../operator/operator.ts";
import type { KeyRecord } from "../../trust/records/key-record.ts";
import type { ActJson } from "../schemas/acts.ts";
import type { AdminContext } from "./admin-context.ts";
import type { Caller } from "./caller.ts";
import { toCurl } from "./curl.ts";
import { Problem, toProblem } from "./problem.ts";
import { requestOf } from "./request-of.ts";
import type { Asked } from "./route.ts";

/** Who acts, and how they looked at what they act on. */
export interface ActingCall {
  readonly caller: Caller;
  readonly asked: Asked;
  /** The key as it was looked at, where a version was asked for. */
  readonly seen?: Pick<KeyRecord, "pin" | "version">;
  /** The same, where others may come along: that it is still so was looked at before. */
  readonly looked?: Pick<KeyRecord, "version">;
}

/** Does what an operator asks for, in their name and within their scope. */
export async function performFor(
  context: AdminContext,
  { caller, seen }: ActingCall,
  act: OperatorAct,
): Promise<Performed> {
  const { store, now, process, meantServer } = context;
  const { name: user, scope, via, keyId } = caller;
  const operator = new Operator(store, {
    user,
    process,
    now,
    scope,
    via,
    ...(keyId !== null && { keyId }),
  });
  try {
    return await perform(operator, act, { meantServer, ...(seen && { seen }) });
  } catch (error) {
    if (seen === undefined || !isHandclaspError(error, "ERR_HANDCLASP_CHANGED")) throw error;
    throw await withPresent(context, seen, error);
  }
}

/** The same, with what came of it, how to take it back, and how else it is done. */
export async function actFor(context: AdminContext, call: ActingCall, act: OperatorAct): Promise<ActJson> {
  const { store, now, commandOf } = context;
  const { keys, event } = await performFor(context, call, act);
  // They are on the list until the server that has them has ended them.
  const barred = keys.filter(({ state }) => state !== "trusted");
  const ended = [...(await surroundingsOf(store, barred)).values()];
  const [first] = keys;
  return {
    keys: await toListedKeys(store, keys, now()),
    ended: ended.reduce((sum, { connections }) => sum + connections, 0),
    event,
    undo:
      event === null || first === undefined
        ? null
        : { path: `/v1/events/${event}/undo`, etag: `"${first.version}"` },
    command: commandOf(act),
    curl: toCurl(call.asked.origin, requestOf(act, (call.seen ?? call.looked)?.version ?? null)),
  };
}

/** Who is too late is shown the key as it is now; null when it is gone. */
async function withPresent(
  { store, now }: AdminContext,
  { pin }: Pick<KeyRecord, "pin">,
  error: unknown,
): Promise<Problem> {
  const present = store.key(pin);
  const [key] = present === undefined ? [] : await toListedKeys(store, [present], now());
  return new Problem(412, { ...toProblem(error).members, key: key ?? null });
}

/** Of a key that is not in the version that was looked at. */
export function changedSince(context: AdminContext, key: Pick<KeyRecord, "pin">): Promise<Problem> {
  const hint = "look at it again, and decide anew";
  return withPresent(context, key, new Problem(412, { code: "ERR_HANDCLASP_CHANGED", hint }));
}
