import type { Showing } from "../../trust/records/showing.ts";
import type { Distrust } from "../../trust/judging/distrust.ts";
import type { Admit, Claim, RefusalReason, Refuse, Settled } from "../../trust/records/verdict.ts";
import type { Encounter } from "../connection/encounter.ts";
import { refuseFor } from "../../admission/refuse-for.ts";
import type { TrustPort } from "../../trust/trust-port.ts";
import { bytesSent } from "./turn-away.ts";
import { withholdEnd } from "./withheld-end.ts";

export interface PendingClaim {
  readonly encounter: Encounter;
  readonly claim: Claim;
  readonly showing: Showing;
  /** What becomes of it when settling fails. */
  readonly failed: (error: unknown) => Refuse;
  /** `sent` is what went out to the client meanwhile, in bytes; NaN when that is not known. */
  readonly onSettled: (settled: Settled, sent: number) => void;
}

/** Waits until the store has a claim. What the socket does meanwhile is kept for whoever gets it then. */
export async function settleClaim(trust: TrustPort, pending: PendingClaim): Promise<void> {
  const { encounter, claim, showing, failed, onSettled } = pending;
  const sentBefore = bytesSent(encounter.handshake);
  const releaseEnd = withholdEnd(encounter.socket);
  let settled: Settled;
  try {
    settled = await trust.settle(claim, showing);
  } catch (error) {
    settled = failed(error);
  }
  // Outside of the promise, so that what a listener throws goes where a listener's errors go.
  queueMicrotask(() => {
    releaseEnd();
    const outcome = settled.decision === "admit" ? judgeAgain(trust, settled, showing) : settled;
    onSettled(outcome, bytesSent(encounter.handshake) - sentBefore);
  });
}

function toReason(distrust: Distrust): RefusalReason {
  if (distrust === "set-aside") return "pending";
  return distrust === "forgotten" ? "unknown" : distrust;
}

/** A key that was trusted a moment ago may not be any more. */
function judgeAgain(trust: TrustPort, settled: Admit, showing: Showing): Settled {
  const { distrust } = trust.standing(settled.pin);
  if (distrust === undefined) return settled;
  const verdict = trust.judge(showing);
  if (verdict.decision === "refuse") return verdict;
  return { ...refuseFor(toReason(distrust)), pin: settled.pin, peer: settled.peer };
}
