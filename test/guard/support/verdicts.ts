import type { TrustPort } from "../../../src/guard/trust-port.ts";
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
    judge: (showing) => trust.judge(showing),
    settle: (claim, showing) => trust.settle(claim, showing),
    seen: (pin) => trust.seen(pin),
    refused: (refuse, from) => trust.refused(refuse, from),
    distrustOf: (pin) => trust.distrustOf(pin),
    trustedUntil: (pin) => trust.trustedUntil(pin),
    connectionOpened: (connection) => trust.connectionOpened(connection),
    connectionClosed: (id) => trust.connectionClosed(id),
    onChange: (listener) => trust.onChange(listener),
    ...answers,
  };
}
