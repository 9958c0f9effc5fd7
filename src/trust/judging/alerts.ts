import type { RefusalReason } from "../records/verdict.ts";

/** An alert that says why, by its name in RFC 8446 §6; `handshake_failure` is the older word of RFC 5246 §7.4.6. */
export type RefusalAlert =
  | "access_denied"
  | "bad_certificate"
  | "certificate_expired"
  | "certificate_required"
  | "certificate_revoked"
  | "certificate_unknown"
  | "handshake_failure"
  | "internal_error"
  | "unknown_ca"
  | "unsupported_certificate";

const ALERT_OF: Readonly<Record<RefusalReason, RefusalAlert>> = {
  "no-certificate": "certificate_required",
  "malformed-certificate": "bad_certificate",
  "unsupported-key": "unsupported_certificate",
  revoked: "certificate_revoked",
  retired: "certificate_revoked",
  expired: "certificate_expired",
  "not-yet-valid": "certificate_expired",
  "key-changed": "certificate_unknown",
  "name-changed": "certificate_unknown",
  unknown: "unknown_ca",
  pending: "access_denied",
  ignored: "access_denied",
  "rate-limited": "access_denied",
  "token-invalid": "access_denied",
  "not-allowed": "access_denied",
  "store-unavailable": "internal_error",
};

export const REFUSAL_REASONS: readonly RefusalReason[] = Object.keys(ALERT_OF) as RefusalReason[];

/** The alert that says why, as far as TLS has a word for it. `version` is what `tls.TLSSocket.getProtocol` gives. */
export function alertOf(reason: RefusalReason, version: string | null): RefusalAlert {
  // certificate_required came with TLS 1.3.
  if (reason === "no-certificate" && version !== "TLSv1.3") return "handshake_failure";
  return ALERT_OF[reason];
}
