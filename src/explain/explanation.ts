import type { RecordedReason } from "../trust/records/sighting.ts";
import type { Remedy } from "../remedy.ts";

/** What can keep two programs from shaking hands, whoever made them. */
export type HandshakeRule =
  // What the client showed, or did not.
  | "certificate-expired"
  | "certificate-not-yet-valid"
  | "self-signed"
  | "missing-intermediate"
  | "wrong-key-usage"
  | "issuer-not-acceptable"
  | "weak-signature"
  | "weak-key"
  | "unknown-ca"
  | "no-certificate"
  | "certificate-withheld"
  | "certificate-revoked"
  | "certificate-refused"
  // What the server showed.
  | "server-certificate-expired"
  | "server-certificate-not-yet-valid"
  | "server-name-mismatch"
  | "server-self-signed"
  | "server-missing-intermediate"
  | "server-wrong-key-usage"
  | "server-weak-signature"
  | "server-weak-key"
  | "server-unknown-ca"
  | "server-certificate-revoked"
  | "server-certificate-refused"
  // What both had to agree on.
  | "no-common-version"
  | "no-common-suite"
  | "no-common-group"
  | "no-common-signature-algorithm"
  | "no-common-alpn"
  | "unknown-server-name"
  // What was spoken instead of TLS, or was to come before it.
  | "proxy-header-expected"
  | "proxy-header-unexpected"
  | "starttls-expected"
  | "plain-http-client"
  | "plain-http-server"
  | "not-tls"
  // How it broke off.
  | "refused-after-handshake"
  | "signature-invalid"
  | "protocol-error"
  | "server-failed"
  | "cancelled"
  | "gave-up"
  | "said-nothing"
  // Why nothing can be said.
  | "capture-incomplete"
  | "not-explained";

/** Which rule or cause it was; refusals of ours keep their reasons. */
export type Rule = HandshakeRule | RecordedReason;

/** Certain: it was seen. Likely: it fits what was seen, and nothing else does as well. Possible: one of several. */
export type Certainty = "certain" | "likely" | "possible";

/** One reason why a connection did not come about; of several the best comes first. */
export interface Explanation {
  readonly rule: Rule;
  readonly certainty: Certainty;
  /** Sentences, each of which says what it is drawn from. */
  readonly evidence: readonly string[];
  /** What anybody can do comes first, then what handclasp has for it. */
  readonly remedies: readonly Remedy[];
}
