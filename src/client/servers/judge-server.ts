import { judgeEndorsement } from "../../trust/judging/judge-endorsement.ts";
import { type Objection, objectionTo } from "../../trust/judging/objection.ts";
import type { Knowledge } from "../../trust/port/knowledge.ts";
import type { KeyPin } from "../../trust/records/key-record.ts";
import type { Concern, Endorser } from "../../trust/records/verdict.ts";
import type { CertificateFacts } from "../../x509/certificate-facts.ts";
import { readEndorsement } from "../../x509/endorsement.ts";

/** What a server that was never met leads to. OpenSSH's words for StrictHostKeyChecking: accept-new, ask, yes. */
export type VerifyServer = "accept" | "ask" | "refuse";

/** What is looked at of a server's certificate. */
export type ServerKey = Pick<CertificateFacts, "pin" | "spki" | "endorsement">;

/** A first use or, with `endorsedBy`, a rotation: to be remembered before any data goes out. */
export interface ServerClaim {
  readonly decision: "claim";
  readonly endorsedBy?: Endorser;
  /** An endorsement that came to nothing. */
  readonly concern?: Concern;
}

export interface ServerRefusal {
  readonly decision: "refuse";
  readonly reason: Objection | "unknown" | "key-changed";
  /** The keys that are known at this address. */
  readonly known: readonly KeyPin[];
  /** An endorsement that came to nothing. */
  readonly concern?: Concern;
}

export type ServerVerdict = { readonly decision: "admit" } | ServerClaim | ServerRefusal;

/**
 * What a server's key means where the keys of `at` are known; `now` in milliseconds since the epoch. What was decided about
 * the key, and who named it as a successor, counts as it does for clients. Pure.
 */
export function judgeServer(
  server: ServerKey,
  at: readonly KeyPin[],
  known: Pick<Knowledge, "key" | "isForgotten">,
  verify: VerifyServer,
  now: number,
): ServerVerdict {
  const { pin } = server;
  const key = known.key(pin);
  const objection = key && objectionTo(key, now);
  if (objection !== undefined) return { decision: "refuse", reason: objection, known: at };
  const isTrusted = key?.state === "trusted";
  if (isTrusted && at.includes(pin)) return { decision: "admit" };
  const isNew = at.length === 0;
  if (isNew && verify !== "accept") return { decision: "refuse", reason: "unknown", known: at };
  // One server may have several addresses.
  if (isNew && isTrusted) return { decision: "claim" };
  const endorsed = judgeEndorsement(pin, readEndorsement(server), known, now);
  if (endorsed.kind === "endorsed" && (isNew || at.includes(endorsed.by.pin))) {
    return { decision: "claim", endorsedBy: endorsed.endorsedBy };
  }
  const concern = endorsed.kind === "void" ? { concern: endorsed.concern } : {};
  if (isNew) return { decision: "claim", ...concern };
  return { decision: "refuse", reason: "key-changed", known: at, ...concern };
}
