import { isSetAside } from "./is-set-aside.ts";
import type { KeyPin, KeyRecord } from "../records/key-record.ts";
import type { Knowledge } from "../port/knowledge.ts";
import type { ShownEndorsement } from "../records/showing.ts";
import type { Concern, EndorsementProblem, Endorser } from "../records/verdict.ts";
import { objectionTo } from "./objection.ts";

/** What endorsements lead to. */
export type Endorsed =
  /** A trusted key stands behind the new one. */
  | { readonly kind: "endorsed"; readonly by: KeyRecord; readonly endorsedBy: Endorser }
  /** Whoever stands behind it has no say: for us it is a key like any other. */
  | { readonly kind: "void"; readonly concern: Concern }
  | { readonly kind: "none" };

/** How far the clock of whoever signed may be ahead of ours. */
const AHEAD_MS = 24 * 3600 * 1000;

/**
 * Walks from a key that is not known back to one that is. Only a trusted key has a say, about what it signed since it was
 * last approved; what a store says about a key on the way is never overruled. Signatures are verified only when a key
 * that we know is reached, and its own first, so strangers cost no mathematics with keys of their choice. Pure.
 */
export function judgeEndorsement(
  pin: KeyPin,
  links: readonly ShownEndorsement[],
  known: Pick<Knowledge, "key" | "isForgotten">,
  now: number,
): Endorsed {
  for (const [index, { oldPin, issuedAt }] of links.entries()) {
    const key = known.key(oldPin);
    const isNew = key === undefined || (key.state === "pending" && !isSetAside(key));
    const isForgotten = isNew && known.isForgotten(oldPin);
    if (isNew && !isForgotten) continue;
    // From the key that we know on: a forgery fails there, before mathematics with keys that its maker chose.
    if (
      !links
        .slice(0, index + 1)
        .toReversed()
        .every((link) => link.verify())
    ) {
      return toVoid(oldPin, "bad-endorsement");
    }
    if (isForgotten || key === undefined) return toVoid(oldPin, "endorsed-by-forgotten");
    const problem = known.isForgotten(pin) ? "endorsed-key-forgotten" : problemOf(key, issuedAt, now);
    if (problem !== undefined) return toVoid(oldPin, problem);
    return { kind: "endorsed", by: key, endorsedBy: { pin: key.pin, issuedAt } };
  }
  const [newest] = links;
  return newest === undefined ? { kind: "none" } : toVoid(newest.oldPin, "endorsed-by-unknown");
}

function toVoid(about: KeyPin, problem: EndorsementProblem): Endorsed {
  return { kind: "void", concern: { about, problem } };
}

function problemOf(key: KeyRecord, issuedAt: number, now: number): EndorsementProblem | undefined {
  const objection = objectionTo(key, now);
  if (objection !== undefined) return `endorsed-by-${objection}`;
  if (issuedAt < key.endorsesFrom) return "endorsement-outdated";
  return issuedAt > now + AHEAD_MS ? "endorsement-not-yet-valid" : undefined;
}
