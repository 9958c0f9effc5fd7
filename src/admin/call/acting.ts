import { isHandclaspError } from "../../errors.ts";
import { type OperatorAct, perform, type Performed } from "../../operator/act.ts";
import { surroundingsOf, toListedKeys } from "../../operator/listed-key.ts";
import { Operator } from "../../operator/operator.ts";
import type { Roll } from "../../trust/port/roll.ts";
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
  const { meantServer } = context;
  try {
    return await perform(operatorFor(context, caller), act, { meantServer, ...(seen && { seen }) });
  } catch (error) {
    if (seen === undefined || !isHandclaspError(error, "ERR_HANDCLASP_CHANGED")) throw error;
    throw await withPresent(context, seen, error);
  }
}

/** Acts in the name of whoever asks, and can do no more than they may. */
export function operatorFor({ store, now, process }: AdminContext, caller: Caller): Operator {
  const { name: user, scope, via, keyId } = caller;
  return new Operator(store, { user, process, now, scope, via, ...(keyId !== null && { keyId }) });
}

/** How many connections of keys are open; those that have to go are there until the server that has them has ended them. */
export async function connectionsOf(store: Roll, keys: readonly Pick<KeyRecord, "pin">[]): Promise<number> {
  const beside = await surroundingsOf(store, keys);
  return [...beside.values()].reduce((sum, { connections }) => sum + connections, 0);
}

/** The same, with what came of it, how to take it back, and how else it is done. */
export async function actFor(context: AdminContext, call: ActingCall, act: OperatorAct): Promise<ActJson> {
  const { store, now, commandOf } = context;
  // Of a key that is gone nobody could tell afterwards.
  const before = act.act === "forget" && call.seen ? await connectionsOf(store, [call.seen]) : 0;
  const { keys, event, later } = await performFor(context, call, act);
  const barred = act.act === "forget" ? [] : keys.filter(({ state }) => state !== "trusted");
  const [first] = keys;
  return {
    keys: await toListedKeys(store, keys, now()),
    ended: before + (await connectionsOf(store, barred)),
    event,
    undo:
      event === null || first === undefined
        ? null
        : { path: `/v1/events/${event}/undo`, etag: `"${first.version}"` },
    command: commandOf(act),
    ...(later && { later }),
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
