import { alertOf, type RefusalAlert } from "../trust/judging/alerts.ts";
import type { RefusalReason } from "../trust/records/verdict.ts";

const WORD_OF: Readonly<Record<RefusalAlert, RefusalReason>> = {
  access_denied: "pending",
  bad_certificate: "malformed-certificate",
  certificate_expired: "expired",
  certificate_required: "no-certificate",
  certificate_revoked: "revoked",
  certificate_unknown: "key-changed",
  handshake_failure: "no-certificate",
  internal_error: "store-unavailable",
  unknown_ca: "unknown",
  unsupported_certificate: "unsupported-key",
};

/**
 * What a proxy is told of a refusal, since it may show that to its client: as much as the alert would say, and one word for
 * all that have the same alert. Whoever is ignored reads that it is pending.
 */
export function toldReason(reason: RefusalReason): RefusalReason {
  return WORD_OF[alertOf(reason, "TLSv1.3")];
}
