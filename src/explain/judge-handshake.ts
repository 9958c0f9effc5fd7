import { otherThan } from "../tls/records/sender.ts";
import { ALERTS, CERTIFICATE_ALERTS } from "../tls/code-points/alert.ts";
import { ALERT_DESCRIPTIONS } from "../tls/code-points/code-points.ts";
import type { Explanation, HandshakeRule } from "./explanation.ts";
import { findDefects } from "./find-defects.ts";
import type { HandshakeFacts, SentAlert } from "./seen/handshake-facts.ts";
import { judgeAgreement } from "./judge-agreement.ts";
import { judgeCertificates } from "./judge-certificates.ts";
import { isEmptyHanded, judgeEmptyHanded, judgeUnreadEmpty } from "./judge-empty-handed.ts";
import { judgeEnd } from "./judge-end.ts";
import { judgeHandclasp, orHandclasp } from "./judge-handclasp.ts";
import { judgeOpening } from "./judge-opening.ts";
import { judgeResponse } from "./judge-response.ts";

/** Alerts that may be about a certificate, whoever sends them. RFC 8446 §6.2. */
const ABOUT_CERTIFICATES: ReadonlySet<number> = new Set([
  ...CERTIFICATE_ALERTS,
  ALERTS.handshake_failure,
  ALERTS.no_certificate,
]);

/** Why a connection did not come about, as far as that can be told from what was seen; nothing when nothing went wrong. */
export function judgeHandshake(facts: HandshakeFacts): readonly Explanation[] {
  if (facts.clientHello === undefined && facts.isHeadless) return [headless()];
  const opening = judgeOpening(facts);
  if (opening.length > 0) return opening;
  if (facts.alert !== undefined) return judgeAlert(facts, facts.alert);
  const response = judgeResponse(facts);
  return response.length > 0 ? response : judgeEnd(facts);
}

function headless(): Explanation {
  return {
    rule: "capture-incomplete",
    certainty: "certain",
    evidence: ["The capture begins in the middle of the connection, after its handshake."],
    remedies: [{ act: "capture-whole", at: "observer" }],
  };
}

function judgeAlert(facts: HandshakeFacts, alert: SentAlert): readonly Explanation[] {
  const { by, code } = alert;
  const said = [`The ${by} ended it with the alert ${ALERT_DESCRIPTIONS.name(code) ?? "unknown"} (${code}).`];
  const agreement = judgeAgreement(facts, alert, said);
  if (agreement.length > 0) return agreement;
  const ours = judgeHandclasp(facts, alert, said);
  if (ours.length > 0) return ours;
  const shower = otherThan(by);
  if (code === ALERTS.certificate_required && by === "server") return judgeEmptyHanded(facts, said);
  if (ABOUT_CERTIFICATES.has(code) && mayJudge(facts, alert)) {
    return orHandclasp(facts, alert, judgeCertificates(facts, shower, code, said));
  }
  if (code === ALERTS.decode_error && by === "server" && isEmptyHanded(facts)) {
    return [...judgeUnreadEmpty(facts, said), { ...plain(facts, alert, said), certainty: "possible" }];
  }
  return [plain(facts, alert, said)];
}

/** A server can only mind a certificate that it asked for, a client one that it was sent. */
function mayJudge(facts: HandshakeFacts, { by }: SentAlert): boolean {
  if (facts.chains[otherThan(by)] !== undefined) return true;
  if (!facts.seen.has(otherThan(by)) || facts.isUndecryptable || facts.isCut) return true;
  return by === "server" ? facts.certificateRequest !== undefined : false;
}

/** What is left: alerts about the protocol itself. */
function plain(facts: HandshakeFacts, { by, code }: SentAlert, said: readonly string[]): Explanation {
  const other = otherThan(by);
  const [rule, evidence] = MEANINGS.get(code) ?? ["not-explained", undefined];
  const more = evidence?.replaceAll("OTHER", other).replaceAll("SENDER", by);
  const defects = code === ALERTS.decrypt_error ? findDefects(facts, other) : [];
  const weak = defects.filter(({ defect }) => defect === "weak-signature").map((found) => found.evidence);
  return {
    rule,
    certainty: rule === "not-explained" ? "possible" : "likely",
    evidence: [...said, ...(more === undefined ? [] : [more]), ...weak],
    remedies: [{ act: "look-at-log", at: by }],
  };
}

const MEANINGS: ReadonlyMap<number, readonly [HandshakeRule, string]> = new Map<
  number,
  readonly [HandshakeRule, string]
>([
  [
    ALERTS.decrypt_error,
    [
      "signature-invalid",
      "It says that a signature or Finished of the OTHER does not fit: key and certificate do not belong together, or bytes were changed on the way.",
    ],
  ],
  [
    ALERTS.bad_record_mac,
    [
      "protocol-error",
      "It says that a record of the OTHER was changed on the way, or that the two have different keys.",
    ],
  ],
  [ALERTS.decode_error, ["protocol-error", "It says that the OTHER sent what cannot be read."]],
  [ALERTS.illegal_parameter, ["protocol-error", "It says that the OTHER sent what breaks the rules of TLS."]],
  [
    ALERTS.unsupported_extension,
    ["protocol-error", "It says that the OTHER sent an extension that nobody asked for."],
  ],
  [
    ALERTS.missing_extension,
    ["protocol-error", "It says that the OTHER left out an extension that is needed."],
  ],
  [
    ALERTS.unexpected_message,
    ["protocol-error", "It says that the OTHER sent something out of order, or not TLS at all."],
  ],
  [ALERTS.record_overflow, ["protocol-error", "It says that the OTHER sent a record that is too long."]],
  [ALERTS.internal_error, ["server-failed", "It says that the SENDER failed for a reason of its own."]],
  [ALERTS.user_canceled, ["cancelled", "It says that somebody cancelled it at the SENDER."]],
  [
    ALERTS.no_renegotiation,
    ["cancelled", "It says that the OTHER wanted to renegotiate, and the SENDER does not."],
  ],
]);
