import { sentenceOf } from "./act.ts";
import { ProblemError, request } from "./request.ts";
import type { KeyJson } from "./shapes.ts";
import { toast } from "./toasts.ts";
import { tell } from "../stream/topics.ts";

/** Keys as they were when somebody looked: those that match a search, or wait in a network. */
export interface Selection {
  readonly id: string;
  readonly count: number;
  readonly digest: string;
  readonly sample: readonly KeyJson[];
}

interface Applied {
  readonly done: number | readonly unknown[];
  /** Those that were left as they are, since they changed. */
  readonly left: readonly unknown[];
}

export type ManyAct = "ignore" | "revoke" | "approve" | "set-aside" | "forget";

const DONE: Readonly<Record<ManyAct, string>> = {
  ignore: "Ignored",
  revoke: "Revoked",
  approve: "Approved",
  "set-aside": "Set aside",
  forget: "Forgot",
};

/** Notes down which keys are meant now; null when that was refused, which is said. */
export async function select(
  of: { readonly q: string } | { readonly network: string },
  act: ManyAct,
): Promise<Selection | null> {
  return tried(async () => {
    return (await request<Selection>("/v1/selections", { method: "POST", body: { ...of, act } })).value;
  });
}

/** Acts on those of them that are as they were, and says how many that were. */
export async function actOnMany({ id, count }: Selection, act: ManyAct): Promise<void> {
  await tried(async () => {
    const { value } = await request<Applied>(`/v1/selections/${encodeURIComponent(id)}/apply`, {
      method: "POST",
      body: { act, count },
    });
    const done = typeof value.done === "number" ? value.done : value.done.length;
    const left = value.left.length;
    const others = left === 0 ? "" : ` ${left} changed since and were left as they are.`;
    toast(`${DONE[act]} ${done} ${done === 1 ? "key" : "keys"}.${others}`);
    for (const topic of ["change", "waiting", "connections"]) tell(topic);
  });
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
