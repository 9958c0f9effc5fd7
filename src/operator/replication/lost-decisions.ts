import type { GoneDecision, LogBranch } from "../../trust/port/replication.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";
import { toKeyId } from "../../trust/naming/key-id.ts";

/** How long an operator is told by whoever looks at a machine. */
const TOLD_MS = 7 * 24 * 60 * 60 * 1000;

/** What of a branch that was left somebody has to decide anew: a line for each decision, those that are known. */
export function lostDecisions(branch: LogBranch | null): readonly string[] {
  const { gone = 0, firstGone = [] } = branch?.decisions ?? {};
  const more = gone - firstGone.length;
  return [...firstGone.map(toText), ...(more > 0 ? [`and ${more} more`] : [])];
}

/** Whether that was lost so lately that it has to be said. */
export function isLostLately(branch: LogBranch | null, now: number): branch is LogBranch {
  return (
    branch !== null &&
    branch.leftAt !== null &&
    now - branch.leftAt < TOLD_MS &&
    lostDecisions(branch).length > 0
  );
}

/** What a branch that was left came to, in a line. */
export function branchText({ from, lost, decisions }: LogBranch): string {
  const what = `${lost} ${lost === 1 ? "change" : "changes"} after change ${from}`;
  if (decisions === undefined) return `${what}, and is not left yet`;
  const { again, gone } = decisions;
  return `${what}: ${again} ${again === 1 ? "decision was" : "decisions were"} repeated, ${gone} ${gone === 1 ? "counts" : "count"} no more`;
}

function toText({ sequence, type, at, pin, peer }: GoneDecision): string {
  const who = [
    peer === null ? [] : escapeText(peer),
    pin === null ? [] : toKeyId(pin).slice(0, SHORT),
  ].flat();
  return [`event ${sequence} of ${at}:`, type, ...who].join(" ");
}

/** Two groups of a key id, as lists have them. */
const SHORT = 15;
