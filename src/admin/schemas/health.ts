import * as v from "valibot";
import { TRUST_EVENT_TYPES } from "../../trust/records/events.ts";
import type { ChainTime } from "../../operator/compare-times.ts";
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
  replication: v.nullable(
    v.strictObject({
      node: v.string(),
      nodeId: v.string(),
      position: v.number(),
      head: v.strictObject({ sequence: v.number(), hash: v.string() }),
      digest: v.nullable(v.string()),
      upToDateAt: v.nullable(v.string()),
      ageMs: v.nullable(v.number()),
      behind: v.nullable(v.number()),
      stale: v.boolean(),
      maxStalenessMs: v.number(),
      database: v.picklist(["reached", "away", "behind a standby"]),
      notifications: v.boolean(),
      rules: v.strictObject({ own: v.number(), cluster: v.number() }),
      branch: v.nullable(
        v.strictObject({
          from: v.number(),
          lost: v.number(),
          foundAt: v.string(),
          leftAt: v.nullable(v.string()),
          decisions: v.nullable(
            v.strictObject({
              again: v.number(),
              gone: v.number(),
              firstGone: v.array(
                v.strictObject({
                  sequence: v.number(),
                  type: v.picklist(TRUST_EVENT_TYPES),
                  at: v.string(),
                  pin: v.nullable(v.string()),
                  peer: v.nullable(v.string()),
                }),
              ),
            }),
          ),
        }),
      ),
      later: v.number(),
      unequal: v.array(v.string()),
      ignored: v.nullable(v.strictObject({ count: v.number(), at: v.string(), last: v.string() })),
      heldBy: v.nullable(v.string()),
      unusable: v.nullable(v.string()),
      brokenLog: v.nullable(v.string()),
      doubled: v.boolean(),
      refusedSnapshot: v.nullable(
        v.strictObject({
          id: v.string(),
          position: v.number(),
          madeBy: v.string(),
          why: v.string(),
          at: v.string(),
        }),
      ),
      starting: v.nullable(
        v.strictObject({ id: v.string(), position: v.number(), part: v.number(), parts: v.number() }),
      ),
    }),
  ),
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

/** Two times of the chain; the second is now where it is left out. */
export interface CompareQuery {
  readonly from: ChainTime;
  readonly to?: ChainTime;
}

const chainTime = v.pipe(
  v.string(),
  v.regex(
    /^(?:\d{1,15}|\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d))?)$/,
    "the number of an event, or a time of ISO 8601",
  ),
  v.transform((text): ChainTime => {
    return /^\d+$/.test(text) ? { sequence: Number(text) } : { at: Date.parse(text) };
  }),
  v.check((time) => !("at" in time) || Number.isFinite(time.at), "there is no such time"),
);

export const compareQuery: v.GenericSchema<unknown, CompareQuery> = v.strictObject({
  from: chainTime,
  to: v.exactOptional(chainTime),
});

const STANDING = v.nullable(
  v.strictObject({
    state: v.string(),
    peer: v.nullable(v.string()),
    source: v.string(),
    expires: v.nullable(v.string()),
  }),
);

export const timesCompared: v.GenericSchema = v.strictObject({
  from: v.number(),
  to: v.number(),
  counts: v.strictObject({ keys: v.number(), groups: v.number(), tokens: v.number() }),
  keys: v.array(v.strictObject({ pin: v.string(), keyId: v.string(), before: STANDING, after: STANDING })),
  groups: v.array(
    v.strictObject({ group: v.string(), peer: v.string(), change: v.picklist(["added", "removed"]) }),
  ),
  tokens: v.array(
    v.strictObject({
      id: v.string(),
      peer: v.string(),
      before: v.nullable(v.string()),
      after: v.nullable(v.string()),
    }),
  ),
  unread: v.number(),
});
