import {
  check,
  checkOptions,
  COUNT,
  FUNCTION,
  has,
  NUMBER,
  OBJECT,
  oneOf,
  type OptionRule,
  type OptionRules,
  TEXT,
} from "../check-options.ts";
import type { FirstUseLimiter, FirstUseLimitOptions } from "./limits/first-use-limits.ts";
import type { Policy } from "./records/policy.ts";
import type { Rate } from "./records/rate.ts";

export interface TrustOptions {
  readonly policy?: Partial<Policy>;
  /** How much first use is let through; made ones may be shared by all that judge for one process. */
  readonly limits?: Partial<FirstUseLimitOptions> | FirstUseLimiter;
  /** How often one peer may change its key; default 10 at once and one a minute. Each is an event and a key for good. */
  readonly rotations?: Rate;
  /** Pending keys kept at the most; default 1000. */
  readonly maxPending?: number;
  /** How long a pending key waits for review; default 7 days. */
  readonly pendingForMs?: number;
  /** Milliseconds since the epoch; handed in because trust reads no clock. */
  readonly now: () => number;
  /** Milliseconds on a clock that nobody sets, for rates; default `now`, whose jumps refill them. */
  readonly monotonic?: () => number;
  /** Who acts, for events: what runs, with its process id. */
  readonly process: string;
  /** Told of failures that no caller waits for. */
  readonly onError?: OnTrustError;
}

/** `listener` is the one whose client brought it about; null where there is none, or it may have been several. */
export type OnTrustError = (error: unknown, listener: string | null) => void;

export const STORE: OptionRule = has("a trust store: openStore(PATH)", "key", "apply", "onEvents");

const POLICY: OptionRules<Policy> = {
  firstUse: oneOf("accept", "ask", "refuse"),
  bind: oneOf("name", "key"),
  validity: oneOf("enforce", "ignore"),
  rotation: oneOf("accept", "ask", "refuse"),
};

const LIMITS: OptionRules<FirstUseLimitOptions> = { perNetwork: OBJECT, overall: OBJECT, maxNetworks: COUNT };

const RATE: OptionRules<Rate> = { burst: NUMBER, perSecond: NUMBER };

const RULES: OptionRules<TrustOptions> = {
  policy: OBJECT,
  limits: OBJECT,
  rotations: OBJECT,
  maxPending: COUNT,
  pendingForMs: NUMBER,
  now: FUNCTION,
  monotonic: FUNCTION,
  process: TEXT,
  onError: FUNCTION,
};

/** Throws ERR_HANDCLASP_OPTION: a policy that was mistyped would be another policy. */
export function checkTrustOptions(store: unknown, options: TrustOptions): void {
  check("the store of Trust", store, STORE);
  checkOptions("Trust", options, RULES, ["now", "process"]);
  const { policy, limits, rotations } = options;
  if (policy !== undefined) checkOptions("policy", policy as Policy, POLICY);
  if (limits !== undefined && !("take" in limits)) {
    checkOptions("limits", limits as FirstUseLimitOptions, LIMITS);
    for (const rate of [limits.perNetwork, limits.overall]) checkRate("limits", rate);
  }
  checkRate("rotations", rotations);
}

function checkRate(of: string, rate: Rate | undefined): void {
  if (rate !== undefined) checkOptions(of, rate, RATE, ["burst", "perSecond"]);
}
