import * as v from "valibot";
import type { HealthJson as Health } from "../../operator/health.ts";

/** How the server is. */
export interface HealthJson extends Health {
  readonly version: string;
}

/** An event's place in the chain. */
export interface HeadJson {
  readonly sequence: number;
  readonly hash: string;
  /** Up to which event it was found to hold. */
  readonly verified: number;
}

/** Whether the chain holds from its first event on. */
export interface VerifiedJson {
  readonly ok: boolean;
  readonly head: { readonly sequence: number; readonly hash: string };
  readonly problem: string | null;
}

const remedy = v.looseObject({ act: v.string(), at: v.string() });

export const healthJson: v.GenericSchema = v.strictObject({
  version: v.string(),
  status: v.picklist(["healthy", "degraded"]),
  head: v.nullable(v.strictObject({ sequence: v.number(), hash: v.string() })),
  verified: v.number(),
  store: v.nullable(v.strictObject({ url: v.string(), schema: v.number(), bytes: v.nullable(v.number()) })),
  keys: v.nullable(v.record(v.string(), v.number())),
  problems: v.array(v.strictObject({ problem: v.string(), remedies: v.array(remedy) })),
});

export const headJson: v.GenericSchema<HeadJson> = v.strictObject({
  sequence: v.number(),
  hash: v.string(),
  verified: v.number(),
});

export const verifiedJson: v.GenericSchema<VerifiedJson> = v.strictObject({
  ok: v.boolean(),
  head: v.strictObject({ sequence: v.number(), hash: v.string() }),
  problem: v.nullable(v.string()),
});
