import { ALERTS } from "../tls/code-points/alert.ts";
import type { RefusalReason } from "../trust/records/verdict.ts";
import type { Explanation } from "./explanation.ts";
import type { HandshakeFacts, SentAlert } from "./seen/handshake-facts.ts";
import type { Remedy } from "../remedy.ts";

/** What a guarded server means by an alert: `src/trust/judging/alerts.ts` the other way round. */
const MEANT: ReadonlyMap<number, readonly RefusalReason[]> = new Map<number, readonly RefusalReason[]>([
  [ALERTS.bad_certificate, ["malformed-certificate"]],
  [ALERTS.unsupported_certificate, ["unsupported-key"]],
  [ALERTS.certificate_revoked, ["revoked", "retired"]],
  [ALERTS.certificate_unknown, ["key-changed", "name-changed"]],
  [ALERTS.unknown_ca, ["unknown"]],
  [ALERTS.access_denied, ["pending", "ignored", "not-allowed", "rate-limited", "token-invalid"]],
  [ALERTS.internal_error, ["store-unavailable"]],
]);

/** Which of them other servers mean something else by. */
const OFTEN_ELSE: ReadonlySet<number> = new Set([ALERTS.bad_certificate, ALERTS.certificate_unknown]);

/** What an alert says when it is a server of handclasp that sends it; nothing of alerts that are not its own. */
export function judgeHandclasp(
  { handclasp, serverHello, chains }: HandshakeFacts,
  { by, code }: SentAlert,
  said: readonly string[],
): readonly Explanation[] {
  const reasons = MEANT.get(code);
  const isBehindHandshake = serverHello !== undefined || chains.client !== undefined;
  if (by === "client" || reasons === undefined || !isBehindHandshake) return [];
  if (!handclasp.has("server")) return [];
  const asked: Remedy = { act: "explain-refusal", at: "server" };
  return reasons.map((rule, index) => ({
    rule,
    certainty: reasons.length === 1 ? "likely" : "possible",
    evidence: index === 0 ? [...said, "The server is one of handclasp, which means this by it."] : [],
    remedies: index === 0 ? [{ act: "ask-operator", at: "client" }, asked] : [],
  }));
}

/** What it would mean at a server of handclasp, where nobody knows that it is none; `more` are the other ways to read it. */
export function orHandclasp(
  { handclasp }: HandshakeFacts,
  { by, code }: SentAlert,
  others: readonly Explanation[],
): readonly Explanation[] {
  const reasons = MEANT.get(code) ?? [];
  const mayBe = by === "server" && handclasp.has("client") && !handclasp.has("server");
  if (!mayBe || !OFTEN_ELSE.has(code)) return others;
  // A self-signed certificate is nothing to a server of handclasp, so it is no more likely than what that would mean.
  const isOpen = others.every(({ rule }) => rule === "self-signed");
  const doubted = isOpen ? others.map((each) => ({ ...each, certainty: "possible" as const })) : others;
  return [
    ...doubted,
    ...reasons.map((rule, index): Explanation => ({
      rule,
      certainty: "possible",
      evidence: index === 0 ? ["A server of handclasp means this by it."] : [],
      remedies: index === 0 ? [{ act: "ask-operator", at: "client" }] : [],
    })),
  ];
}
