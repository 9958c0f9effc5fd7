import { ALERTS } from "../tls/code-points/alert.ts";
import type { Explanation, HandshakeRule } from "./explanation.ts";
import { type Defect, findDefects, type FoundDefect } from "./find-defects.ts";
import type { HandshakeFacts } from "./seen/handshake-facts.ts";
import { otherThan, type Sender } from "../tls/records/sender.ts";
import { judgeEmptyHanded } from "./judge-empty-handed.ts";
import { remediesOf } from "./remedies.ts";

/** How a defect is called, on either side. */
const RULE_OF: Readonly<Record<Sender, Readonly<Record<Defect, HandshakeRule>>>> = {
  client: {
    expired: "certificate-expired",
    "not-yet-valid": "certificate-not-yet-valid",
    "wrong-key-usage": "wrong-key-usage",
    "weak-signature": "weak-signature",
    "weak-key": "weak-key",
    "self-signed": "self-signed",
    "issuer-not-acceptable": "issuer-not-acceptable",
    "missing-intermediate": "missing-intermediate",
    "unknown-ca": "unknown-ca",
    // Nobody asks a client for a name.
    "name-mismatch": "certificate-refused",
  },
  server: {
    expired: "server-certificate-expired",
    "not-yet-valid": "server-certificate-not-yet-valid",
    "wrong-key-usage": "server-wrong-key-usage",
    "weak-signature": "server-weak-signature",
    "weak-key": "server-weak-key",
    "self-signed": "server-self-signed",
    "issuer-not-acceptable": "server-unknown-ca",
    "missing-intermediate": "server-missing-intermediate",
    "unknown-ca": "server-unknown-ca",
    "name-mismatch": "server-name-mismatch",
  },
};

/** Those about who signed; every certificate of a CA has one of them, so they count when nothing else is wrong. */
const ABOUT_ISSUERS: ReadonlySet<Defect> = new Set<Defect>([
  "self-signed",
  "issuer-not-acceptable",
  "missing-intermediate",
  "unknown-ca",
]);

/** What an alert names, of whoever sent it; the others, 42 and 46 first of all, stand for anything. RFC 8446 §6.2. */
const NAMED_BY: ReadonlyMap<number, readonly Defect[]> = new Map<number, readonly Defect[]>([
  [ALERTS.certificate_expired, ["expired", "not-yet-valid"]],
  [ALERTS.unsupported_certificate, ["wrong-key-usage", "weak-key"]],
  [ALERTS.unknown_ca, ["self-signed", "issuer-not-acceptable", "missing-intermediate", "unknown-ca"]],
]);

/** Why a side refuses what the other one showed; `code` is its alert's, if that could be read. */
export function judgeCertificates(
  facts: HandshakeFacts,
  by: Sender,
  code: number | undefined,
  said: readonly string[],
): readonly Explanation[] {
  const chain = facts.chains[by];
  if (by === "client" && (chain?.length === 0 || (chain === undefined && facts.sealedAnswer === "empty"))) {
    return judgeEmptyHanded(facts, said);
  }
  if (code === ALERTS.certificate_revoked) return [revoked(by, facts, said)];
  if (code === ALERTS.access_denied) return judgeDenied(facts, by, said);
  const found = findDefects(facts, by);
  const named = NAMED_BY.get(code ?? -1);
  if (found.length === 0) return unseen(facts, by, named, said);
  const fitting = named === undefined ? [] : found.filter(({ defect }) => named.includes(defect));
  if (fitting.length > 0) return toExplanations(fitting, true, by, facts, said);
  if (named !== undefined) return againstWhatIsSeen(facts, by, code, named, found, said);
  return toHinted(found, by, facts, said);
}

/** What was found behind an alert that names none of it. */
function toHinted(
  found: readonly FoundDefect[],
  by: Sender,
  facts: HandshakeFacts,
  said: readonly string[],
): readonly Explanation[] {
  const defects = found.filter(({ defect }) => !ABOUT_ISSUERS.has(defect));
  const selfSigned = found.filter(({ defect }) => defect === "self-signed");
  if (defects.length === 0) return toExplanations(found, false, by, facts, said);
  const others = toExplanations(selfSigned, false, by, facts, []);
  return [
    ...toExplanations(defects, false, by, facts, said),
    ...others.map((each) => ({ ...each, certainty: "possible" as const })),
  ];
}

/** Some say access_denied of all that they do not take, be it that it is for what is valid (RFC 8446 §6.2). */
function judgeDenied(facts: HandshakeFacts, by: Sender, said: readonly string[]): readonly Explanation[] {
  const refused = toDenied(by, facts, said);
  const found = findDefects(facts, by);
  // Of a whole chain to a name that is taken nothing is wrong.
  if (found.every(({ defect }) => defect === "unknown-ca")) return [refused];
  // Clients of handclasp are self-signed, and go to servers that take that.
  if (
    by === "client" &&
    facts.handclasp.has("client") &&
    found.every(({ defect }) => defect === "self-signed")
  ) {
    const others = toExplanations(found, false, by, facts, []);
    return [refused, ...others.map((each) => ({ ...each, certainty: "possible" as const }))];
  }
  return [...toHinted(found, by, facts, said), { ...refused, certainty: "possible" }];
}

function toDenied(by: Sender, { handclasp }: HandshakeFacts, said: readonly string[]): Explanation {
  const judge = otherThan(by);
  const evidence =
    "By its meaning in TLS the certificate is valid, and whoever showed it is not let in (RFC 8446 §6.2).";
  return {
    rule: by === "client" ? "certificate-refused" : "server-certificate-refused",
    certainty: "likely",
    evidence: [...said, evidence],
    remedies:
      by === "server"
        ? [{ act: "look-at-log", at: judge }]
        : [
            { act: "ask-operator", at: by },
            ...(handclasp.has("client") ? [{ act: "show-identity", at: "client" } as const] : []),
            ...(handclasp.has("server") ? [{ act: "explain-refusal", at: "server" } as const] : []),
          ],
  };
}

function toExplanations(
  found: readonly FoundDefect[],
  isNamed: boolean,
  by: Sender,
  facts: HandshakeFacts,
  said: readonly string[],
): readonly Explanation[] {
  const [first, ...others] = found;
  const isAlone = others.every(({ defect }) => defect === first?.defect);
  const isSure = first !== undefined && !["missing-intermediate", "unknown-ca"].includes(first.defect);
  const alone = isNamed && isSure ? "certain" : "likely";
  const rules = new Map<HandshakeRule, Explanation>();
  for (const { defect, evidence, issuer } of found) {
    const rule = RULE_OF[by][defect];
    const before = rules.get(rule);
    rules.set(rule, {
      rule,
      certainty: isAlone ? alone : "possible",
      evidence: [...(before?.evidence ?? said), evidence],
      remedies: before?.remedies ?? remediesOf(defect, by, facts, issuer),
    });
  }
  return [...rules.values()];
}

/** The alert says what the certificate does not show: clocks differ, or the other side has rules of its own. */
function againstWhatIsSeen(
  facts: HandshakeFacts,
  by: Sender,
  code: number | undefined,
  named: readonly Defect[],
  found: readonly FoundDefect[],
  said: readonly string[],
): readonly Explanation[] {
  if (code === ALERTS.certificate_expired) {
    const evidence = `What the ${by} showed covers the time of the capture: the clock of the ${otherThan(by)} may be wrong, or what has ended was not shown.`;
    const rule = RULE_OF[by].expired;
    return [
      {
        rule,
        certainty: "likely",
        evidence: [...said, evidence],
        remedies: remediesOf("expired", by, facts),
      },
    ];
  }
  const defects = found.filter(({ defect }) => !ABOUT_ISSUERS.has(defect));
  if (defects.length > 0) return toExplanations(defects, false, by, facts, said);
  return unseen(facts, by, named, [...said, `Nothing of that can be seen in what the ${by} showed.`]);
}

/** What it can have been, where the certificate was not seen. */
function unseen(
  facts: HandshakeFacts,
  by: Sender,
  named: readonly Defect[] | undefined,
  said: readonly string[],
): readonly Explanation[] {
  const chain = facts.chains[by];
  const evidence =
    chain === undefined
      ? [...said, `The certificate that the ${by} showed was not captured, or could not be decrypted.`]
      : [...said, `What the ${by} showed cannot be read here.`];
  const defects = (named ?? ANYTHING).filter((defect) => by === "server" || defect !== "name-mismatch");
  const rules = new Map(defects.map((defect) => [RULE_OF[by][defect], defect]));
  const observer = chain === undefined && facts.isUndecryptable;
  return Array.from(rules, ([rule, defect], index) => ({
    rule,
    certainty: "possible" as const,
    evidence,
    remedies:
      index === 0 && observer
        ? [{ act: "give-key-log" as const, at: "observer" as const }]
        : remediesOf(defect, by, facts),
  }));
}

const ANYTHING: readonly Defect[] = [
  "expired",
  "not-yet-valid",
  "self-signed",
  "missing-intermediate",
  "unknown-ca",
  "issuer-not-acceptable",
  "wrong-key-usage",
  "weak-signature",
  "weak-key",
  "name-mismatch",
];

function revoked(by: Sender, { handclasp }: HandshakeFacts, said: readonly string[]): Explanation {
  const judge = otherThan(by);
  return {
    rule: by === "client" ? "certificate-revoked" : "server-certificate-revoked",
    certainty: "likely",
    evidence: said,
    remedies: [
      { act: "reissue-certificate", at: by },
      { act: "look-at-log", at: judge },
      ...(by === "client" && handclasp.has("server")
        ? [{ act: "explain-refusal" as const, at: "server" as const }]
        : []),
    ],
  };
}
