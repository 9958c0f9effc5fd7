import { ALERTS } from "../tls/alert.ts";
import type { ClientHello } from "../tls/messages/client-hello.ts";
import { escapeText } from "../trust/peer-name.ts";
import type { Explanation, HandshakeRule } from "./explanation.ts";
import type { HandshakeFacts, SentAlert } from "./handshake-facts.ts";
import {
  algorithmsOf,
  groupsOf,
  nameAlgorithms,
  nameGroups,
  nameSuites,
  nameVersions,
  offersUsualAlgorithms,
  offersUsualGroups,
  offersUsualSuites,
  suitesOf,
  versionsOf,
} from "./offers.ts";
import type { Remedy } from "./remedy.ts";

const TLS_1_2 = 0x0303;

/** Alerts of a server that finds nothing in common, be it that it was made so or has no certificate that would do. */
const NOTHING_IN_COMMON: ReadonlySet<number> = new Set([
  ALERTS.handshake_failure,
  ALERTS.insufficient_security,
  ALERTS.illegal_parameter,
  ALERTS.missing_extension,
  ALERTS.internal_error,
  ALERTS.access_denied,
]);

/** What the two could not agree on; nothing when the alert is about something else. */
export function judgeAgreement(
  facts: HandshakeFacts,
  { by, code }: SentAlert,
  said: readonly string[],
): readonly Explanation[] {
  const { clientHello: hello } = facts;
  if (hello === undefined) return [];
  const contradiction = by === "client" ? contradictionOf(facts, hello, said) : undefined;
  if (contradiction !== undefined) return [contradiction];
  switch (code) {
    case ALERTS.protocol_version:
    case ALERTS.inappropriate_fallback:
      return [noCommonVersion(facts, hello, by === "server" ? "certain" : "likely", said)];
    case ALERTS.no_application_protocol:
      return [noCommonAlpn(hello, "certain", said)];
    case ALERTS.unrecognized_name:
      return [unknownName(hello, "certain", said)];
    default:
      return by === "server" && facts.serverHello === undefined && NOTHING_IN_COMMON.has(code)
        ? oneOf(facts, hello, code, said)
        : [];
  }
}

/** The server chose what the client had not offered. */
function contradictionOf(
  { serverHello, retryRequest }: HandshakeFacts,
  hello: ClientHello,
  said: readonly string[],
): Explanation | undefined {
  const chosen = serverHello ?? retryRequest;
  if (chosen === undefined) return undefined;
  if (
    !versionsOf(hello).includes(chosen.version) &&
    (hello.supportedVersions !== undefined || chosen.version > hello.legacyVersion)
  ) {
    const evidence = `The client offered ${nameVersions(versionsOf(hello))}; the server's ServerHello chose ${nameVersions([chosen.version])}.`;
    return {
      rule: "no-common-version",
      certainty: "certain",
      evidence: [...said, evidence],
      remedies: WIDEN.versions,
    };
  }
  if (!hello.cipherSuites.includes(chosen.cipherSuite)) {
    const evidence = `The client offered the suites ${nameSuites(suitesOf(hello))}; the server's ServerHello chose ${nameSuites([chosen.cipherSuite])}.`;
    return {
      rule: "no-common-suite",
      certainty: "certain",
      evidence: [...said, evidence],
      remedies: WIDEN.suites,
    };
  }
  const group = retryRequest?.selectedGroup ?? serverHello?.keyShare?.group;
  if (group !== undefined && hello.supportedGroups !== undefined && !hello.supportedGroups.includes(group)) {
    const evidence = `The client offered the groups ${nameGroups(groupsOf(hello))}; the server chose ${nameGroups([group])}.`;
    return {
      rule: "no-common-group",
      certainty: "certain",
      evidence: [...said, evidence],
      remedies: WIDEN.groups,
    };
  }
  return undefined;
}

const BOTH = { at: "both" } as const;
const WIDEN: Readonly<Record<string, readonly Remedy[]>> & {
  readonly versions: readonly Remedy[];
  readonly suites: readonly Remedy[];
  readonly groups: readonly Remedy[];
} = {
  versions: [{ act: "widen-versions", ...BOTH }],
  suites: [{ act: "widen-suites", ...BOTH }],
  groups: [{ act: "widen-groups", ...BOTH }],
};

function noCommonVersion(
  { handclasp }: HandshakeFacts,
  hello: ClientHello,
  certainty: "certain" | "likely",
  said: readonly string[],
): Explanation {
  const versions = versionsOf(hello);
  // No server of ours goes below TLS 1.2.
  const ours = handclasp.has("server") && versions.includes(TLS_1_2);
  return {
    rule: "no-common-version",
    certainty,
    evidence: [
      ...said,
      `The client offered ${nameVersions(versions)} in its ClientHello, and no other version.`,
    ],
    remedies: [...WIDEN.versions, ...(ours ? [{ act: "serve-older-tls", at: "server" } as const] : [])],
  };
}

function noCommonAlpn(
  { alpnProtocols }: ClientHello,
  certainty: "certain" | "possible",
  said: readonly string[],
): Explanation {
  const offered = alpnProtocols?.map((name) => `"${escapeText(name)}"`).join(", ") ?? "none";
  return {
    rule: "no-common-alpn",
    certainty,
    evidence: [...said, `The client offered the application protocols (ALPN) ${offered} in its ClientHello.`],
    remedies: [{ act: "widen-alpn", at: "both" }],
  };
}

function unknownName(
  { serverName }: ClientHello,
  certainty: "certain" | "likely" | "possible",
  said: readonly string[],
): Explanation {
  const asked = serverName === undefined ? "no name (SNI)" : `"${escapeText(serverName)}"`;
  return {
    rule: "unknown-server-name",
    certainty,
    evidence: [
      ...said,
      `The client asked for ${asked} in its ClientHello, which the server may not answer to.`,
    ],
    remedies: [
      { act: "ask-for-another-name", at: "client" },
      { act: "certify-name", at: "server" },
    ],
  };
}

export { unknownName as judgeUnknownName };

/** What the client offers less of than others do comes first; what everybody has is not the likeliest. */
function oneOf(
  facts: HandshakeFacts,
  hello: ClientHello,
  code: number,
  said: readonly string[],
): readonly Explanation[] {
  const versions = versionsOf(hello);
  const narrow: [HandshakeRule, string, Remedy["act"], boolean][] = [
    [
      "no-common-suite",
      `The client offered the suites ${nameSuites(suitesOf(hello))} in its ClientHello.`,
      "widen-suites",
      !offersUsualSuites(hello),
    ],
    [
      "no-common-group",
      `The client offered the groups ${nameGroups(groupsOf(hello))} in its ClientHello.`,
      "widen-groups",
      !offersUsualGroups(hello),
    ],
    [
      "no-common-signature-algorithm",
      `The client offered the signature algorithms ${nameAlgorithms(algorithmsOf(hello))} in its ClientHello: the server may have no certificate with a key for them.`,
      "widen-signature-algorithms",
      !offersUsualAlgorithms(hello),
    ],
  ];
  const isOld = !versions.some((version) => version >= TLS_1_2);
  if (isOld) return [noCommonVersion(facts, hello, "likely", said)];
  const needsGroups = hello.supportedGroups !== undefined || versions.some((version) => version > TLS_1_2);
  const asked = narrow.filter(([rule]) => rule !== "no-common-group" || needsGroups);
  const count = asked.filter(([, , , isNarrow]) => isNarrow).length;
  const explained = asked.map(([rule, evidence, act, isNarrow]): Explanation => ({
    rule,
    certainty: isNarrow && count === 1 ? "likely" : "possible",
    evidence: isNarrow ? [evidence, "Most clients offer more."] : [evidence],
    remedies: [{ act, at: "both" }],
  }));
  const ordered = explained.toSorted((one, other) => other.evidence.length - one.evidence.length);
  const name = unknownName(hello, "possible", []);
  const isFailure = code === ALERTS.internal_error;
  const all = isFailure ? [name, ...ordered, serverFailed()] : [...ordered, name];
  const [first, ...others] = all;
  return first === undefined ? [] : [{ ...first, evidence: [...said, ...first.evidence] }, ...others];
}

function serverFailed(): Explanation {
  return {
    rule: "server-failed",
    certainty: "possible",
    evidence: ["The server may have failed for a reason of its own."],
    remedies: [{ act: "look-at-log", at: "server" }],
  };
}
