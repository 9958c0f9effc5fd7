import * as v from "valibot";
import type { HealthJson as Health } from "../../operator/health.ts";

/** How the server is. */
export interface HealthJson extends Health {
  readonly version: string;
  /** What serves this, with its process id. */
  readonly process: string;
}

/** The chain, and how far it was looked at. */
export interface HeadJson {
  readonly head: { readonly sequence: number; readonly hash: string };
  /** Up to which event it was found to hold. */
  readonly verified: number;
  readonly broken: { readonly sequence: number; readonly problem: string } | null;
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
  process: v.string(),
  status: v.picklist(["healthy", "degraded"]),
  head: v.nullable(v.strictObject({ sequence: v.number(), hash: v.string() })),
  verified: v.number(),
  store: v.nullable(v.strictObject({ url: v.string(), schema: v.number(), bytes: v.nullable(v.number()) })),
  keys: v.nullable(v.record(v.string(), v.number())),
  problems: v.array(v.strictObject({ problem: v.string(), remedies: v.array(remedy) })),
});

const HEAD = v.strictObject({ sequence: v.number(), hash: v.string() });

export const headJson: v.GenericSchema<HeadJson> = v.strictObject({
  head: HEAD,
  verified: v.number(),
  broken: v.nullable(v.strictObject({ sequence: v.number(), problem: v.string() })),
});

export const verifiedJson: v.GenericSchema<VerifiedJson> = v.strictObject({
  ok: v.boolean(),
  head: HEAD,
  problem: v.nullable(v.string()),
});
