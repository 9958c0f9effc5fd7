import type {
  AppliedJson,
  LeftKeyJson,
  SelectedAct,
  SelectionJson,
} from "../../src/admin/schemas/selections.ts";
import type { LeftReason } from "../../src/operator/selection.ts";
import { endedWords, sentenceOf } from "./act.ts";
import { ProblemError, request } from "./request.ts";
import { toast } from "./toasts.ts";
import { tell } from "../stream/topics.ts";

export type { SelectedAct as ManyAct, SelectionJson as Selection };

const DONE: Readonly<Record<SelectedAct, string>> = {
  ignore: "Ignored",
  revoke: "Revoked",
  approve: "Approved",
  "set-aside": "Set aside",
  forget: "Forgot",
};

/** Notes down which keys are meant now; null when that was refused, which is said. */
export async function select(
  of: { readonly q: string } | { readonly network: string },
  act: SelectedAct,
): Promise<SelectionJson | null> {
  return tried(async () => {
    return (await request<SelectionJson>("/v1/selections", { method: "POST", body: { ...of, act } })).value;
  });
}

/** Acts on those of them that are as they were, and says how many that were. */
export async function actOnMany({ id, count }: SelectionJson, act: SelectedAct): Promise<void> {
  await tried(async () => {
    const { value } = await request<AppliedJson>(`/v1/selections/${encodeURIComponent(id)}/apply`, {
      method: "POST",
      body: { act, count },
    });
    const { done, ended, left } = value;
    const others = left.length === 0 ? "" : ` Left as they are: ${leftWords(left)}.`;
    toast(`${DONE[act]} ${done === 1 ? "1 key" : `${done} keys`}.${endedWords(ended)}${others}`);
    for (const topic of ["change", "waiting", "connections"]) tell(topic);
  });
}

const REASONS: Readonly<Record<LeftReason, string>> = {
  conflict: "in conflict with another key",
  "not-compared": "compared by nobody",
  "not-waiting": "waiting no more",
  changed: "changed since",
  gone: "gone",
  failed: "refused by the store",
};

/** How many are left out for which reason: `2 changed since, 1 gone`. */
export function leftWords(left: readonly LeftKeyJson[]): string {
  const byReason = Map.groupBy(left, ({ reason }) => reason);
  return Array.from(byReason, ([reason, keys]) => `${keys.length} ${REASONS[reason]}`).join(", ");
}

async function tried<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    toast(sentenceOf(error.problem), { tone: "failed" });
    return null;
  }
}
