import { hash } from "node:crypto";
import { isHandclaspError } from "../errors.ts";
import type { Refuse, RefusalReason } from "../trust/records/verdict.ts";

/** A refusal that needs no trust store; of a certificate that could not be read, with its fingerprint. */
export function refuseFor(reason: RefusalReason, error?: unknown, certificate?: Uint8Array): Refuse {
  const refuse = { decision: "refuse", reason, pin: null, peer: null, conflictsWith: null } as const;
  return {
    ...refuse,
    ...(error instanceof Error && { problem: error.message }),
    ...(certificate !== undefined && { fingerprint: hash("sha256", certificate, "hex") }),
  };
}

/** Why a certificate that could not be read is refused; undefined when it is our own fault. */
export function reasonOfUnreadable(error: unknown): RefusalReason | undefined {
  if (isHandclaspError(error, "ERR_HANDCLASP_CERTIFICATE_MALFORMED")) return "malformed-certificate";
  // Where certificates were to be found, and were not.
  if (isHandclaspError(error, "ERR_HANDCLASP_MALFORMED")) return "malformed-certificate";
  if (isHandclaspError(error, "ERR_HANDCLASP_KEY_UNSUPPORTED")) return "unsupported-key";
  return undefined;
}
