import type { TrustPort } from "../../../src/trust/trust-port.ts";
import type { Trust } from "../../../src/trust/trust.ts";
import type { RefusalReason } from "../../../src/trust/records/verdict.ts";

/** Trust that refuses every certificate for one reason. */
export function refusing(reason: RefusalReason): (trust: Trust) => TrustPort {
  return (trust) =>
    altered(trust, {
      judge: ({ certificate: { pin } }) => ({
        decision: "refuse",
        reason,
        pin,
        peer: null,
        conflictsWith: null,
      }),
    });
}

/** Trust with some answers replaced. */
export function altered(trust: Trust, answers: Partial<TrustPort>): TrustPort {
  return {
    groups: trust.groups,
    journal: trust.journal,
    judge: (showing) => trust.judge(showing),
    settle: (claim, showing) => trust.settle(claim, showing),
    letsInAnonymous: () => trust.letsInAnonymous(),
    standing: (pin) => trust.standing(pin),
    onChange: (listener) => trust.onChange(listener),
    ...answers,
  };
}
