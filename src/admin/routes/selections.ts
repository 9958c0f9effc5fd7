import { toListedKeys } from "../../operator/listed-key.ts";
import { scopeNeeded } from "../../operator/scope.ts";
import { parseSearch } from "../../operator/search-text.ts";
import {
  applySelection,
  type LeftKey,
  select,
  type SelectOptions,
  Selections,
} from "../../operator/selection.ts";
import { toKeyId } from "../../trust/naming/key-id.ts";
import { includes } from "../../trust/records/scope.ts";
import { connectionsOf, operatorFor } from "../call/acting.ts";
import type { AdminContext } from "../call/admin-context.ts";
import type { Caller } from "../call/caller.ts";
import { Problem } from "../call/problem.ts";
import { type Route, route } from "../call/route.ts";
import {
  type AppliedJson,
  appliedJson,
  applyBody,
  type LeftKeyJson,
  selectBody,
  type SelectedAct,
  type SelectionJson,
  selectionJson,
} from "../schemas/selections.ts";
import { toWindowNow } from "./window-now.ts";

const SAMPLE = 10;

/** One act to many keys: they are selected as they are, looked at, and acted on if they still are so. */
export function selectionRoutes(context: AdminContext): readonly Route[] {
  const { store, now, comparison } = context;
  const selections = new Selections(context.randomId);
  return [
    route("POST", "/v1/selections", {
      summary: "Takes down which keys are meant, for one act; good for ten minutes",
      scope: "approve",
      body: selectBody,
      answer: selectionJson,
      async handle({ caller, body }) {
        mustHave(caller, body.act);
        const at = now();
        const selected = "q" in body ? { typed: parseSearch(body.q, at) } : { network: body.network };
        const selection = await select(store, toManyAct(body.act), selected, {
          now: at,
          comparedBy: comparedBy(caller),
          window: await openWindow(),
        });
        const { items, count, digest, left } = selection;
        const sample = items.slice(0, SAMPLE).flatMap(({ pin }) => store.key(pin) ?? []);
        const answer: SelectionJson = {
          id: selections.keep(caller.id, selection, at),
          count,
          digest,
          sample: await toListedKeys(store, sample, at),
          left: left.map(toLeft),
        };
        return { body: answer, status: 201 };
      },
    }),
    route("POST", "/v1/selections/{selection}/apply", {
      summary: "Does it to those that are as they were selected",
      scope: "approve",
      find: ({ selection: id = "" }, caller) => {
        return selections.find(caller.id, id, now()) === undefined ? undefined : id;
      },
      body: applyBody,
      answer: appliedJson,
      async handle({ caller, subject: id, body: { act, ...said } }) {
        mustHave(caller, act);
        const selection = selections.take(caller.id, id, now());
        if (selection === undefined) throw new Problem(404, { code: "ERR_HANDCLASP_NOT_FOUND" });
        const isGone = act === "forget";
        const before = isGone ? await connectionsOf(store, selection.items) : 0;
        const operator = operatorFor(context, caller);
        const wanted = { act: toManyAct(act), ...said };
        const { done, left } = await applySelection(operator, selection, wanted, comparedBy(caller));
        const barred = isGone ? [] : done.filter(({ state }) => state !== "trusted");
        const ended = before + (await connectionsOf(store, barred));
        const answer: AppliedJson = { done: done.length, ended, left: left.map(toLeft) };
        return { body: answer };
      },
    }),
  ];

  function comparedBy(caller: Caller): SelectOptions["comparedBy"] {
    return (pin, version) => comparison.comparedBy(caller.id, pin, version);
  }

  async function openWindow(): Promise<SelectOptions["window"]> {
    const { open, openedAt, from } = await toWindowNow(context, 1);
    return open && openedAt !== null ? { openedAt: Date.parse(openedAt), from } : null;
  }
}

function mustHave({ scope }: Caller, act: SelectedAct): void {
  const needs = scopeNeeded({ act });
  if (includes(scope, needs)) return;
  throw new Problem(403, {
    code: "scope",
    detail: `this needs the scope ${needs}, and you have ${scope}`,
    needs,
  });
}

function toManyAct(act: SelectedAct): "approve" | "revoke" | "ignore" | "setAside" | "forget" {
  return act === "set-aside" ? "setAside" : act;
}

function toLeft({ pin, reason, problem }: LeftKey): LeftKeyJson {
  return { keyId: toKeyId(pin), reason, problem };
}
