import * as v from "valibot";
import type { KeyJson } from "../../operator/listed-key.ts";
import type { LeftReason } from "../../operator/selection.ts";
import { keyJson } from "./keys.ts";

export type SelectedAct = "approve" | "revoke" | "ignore" | "set-aside" | "forget";

/** Keys that match a search, or wait in a network. */
export type SelectBody =
  | { readonly q: string; readonly act: SelectedAct }
  | { readonly network: string; readonly act: SelectedAct };

/** Which keys are meant, as they are now. */
export interface SelectionJson {
  readonly id: string;
  readonly count: number;
  readonly digest: string;
  /** Some of them. */
  readonly sample: readonly KeyJson[];
  /** Those that match, and this may not be done to together with others. */
  readonly left: readonly LeftKeyJson[];
}

export interface LeftKeyJson {
  readonly keyId: string;
  readonly reason: LeftReason;
  /** What the store said; null where it was not asked. */
  readonly problem: string | null;
}

export interface ApplyBody {
  readonly act: SelectedAct;
  /** How many they are, as whoever decides has read it. */
  readonly count: number;
  readonly digest?: string;
}

export interface AppliedJson {
  /** How many are as they were asked to be. */
  readonly done: number;
  /** How many open connections they had that have to go. */
  readonly ended: number;
  readonly left: readonly LeftKeyJson[];
}

const act = v.picklist(["approve", "revoke", "ignore", "set-aside", "forget"]);
const text = v.pipe(v.string(), v.maxLength(1000));

const LEFT = v.strictObject({
  keyId: v.string(),
  reason: v.picklist(["conflict", "not-compared", "not-waiting", "changed", "gone", "failed"]),
  problem: v.nullable(v.string()),
});

export const selectBody: v.GenericSchema<SelectBody> = v.union([
  v.strictObject({ q: text, act }),
  v.strictObject({ network: text, act }),
]);

export const selectionJson: v.GenericSchema = v.strictObject({
  id: v.string(),
  count: v.number(),
  digest: v.string(),
  sample: v.array(keyJson),
  left: v.array(LEFT),
});

export const applyBody: v.GenericSchema<ApplyBody> = v.strictObject({
  act,
  count: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  digest: v.exactOptional(text),
});

export const appliedJson: v.GenericSchema<AppliedJson> = v.strictObject({
  done: v.number(),
  ended: v.number(),
  left: v.array(LEFT),
});
