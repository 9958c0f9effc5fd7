import { ALERTS } from "../tls/code-points/alert.ts";
import type { ClientHello } from "../tls/messages/hello/client-hello.ts";
import { escapeText } from "../trust/naming/peer-name.ts";
import type { Certainty, Explanation, HandshakeRule } from "./explanation.ts";
import type { HandshakeFacts, SentAlert } from "./seen/handshake-facts.ts";
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
} from "./seen/offers.ts";
import type { Remedy } from "../remedy.ts";

const TLS_1_2 = 0x0303;

/** Alerts of a server that finds nothing in common, be it that it was made so or has no certificate that would do. */
const NOTHING_IN_COMMON: ReadonlySet<number> = new Set([
  ALERTS.handshake_failure,
  ALERTS.insufficient_security,
  ALERTS.illegal_parameter,
  ALERTS.missing_extension,
  ALERTS.internal_error,
  ALERTS.access_denied,
  ALERTS.unexpected_message,
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
      if (by !== "server") return [];
      if (facts.serverHello === undefined)
        return NOTHING_IN_COMMON.has(code) ? oneOf(facts, hello, code, said) : [];
      return code === ALERTS.handshake_failure && isBeforeCertificate(facts)
        ? judgeUncertified(hello, said)
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
  certainty: Certainty,
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

/** Which of what the two have to agree on a server may have found nothing in. */
interface Offer {
  readonly rule: HandshakeRule;
  readonly evidence: string;
  readonly act: Remedy["act"];
  /** The client offers less of it than others do. */
  readonly isNarrow: boolean;
}

function offersOf(hello: ClientHello): readonly Offer[] {
  const versions = versionsOf(hello);
  const suites: Offer = {
    rule: "no-common-suite",
    evidence: `The client offered the suites ${nameSuites(suitesOf(hello))} in its ClientHello.`,
    act: "widen-suites",
    isNarrow: !offersUsualSuites(hello),
  };
  const groups: Offer = {
    rule: "no-common-group",
    evidence: `The client offered the groups ${nameGroups(groupsOf(hello))} in its ClientHello.`,
    act: "widen-groups",
    isNarrow: !offersUsualGroups(hello),
  };
  const needsGroups = hello.supportedGroups !== undefined || versions.some((version) => version > TLS_1_2);
  return [suites, ...(needsGroups ? [groups] : []), algorithmsOffer(hello)];
}

function algorithmsOffer(hello: ClientHello): Offer {
  return {
    rule: "no-common-signature-algorithm",
    evidence: `The client offered the signature algorithms ${nameAlgorithms(algorithmsOf(hello))} in its ClientHello: the server may have no certificate with a key for them.`,
    act: "widen-signature-algorithms",
    isNarrow: !offersUsualAlgorithms(hello),
  };
}

/** What the client offers less of than others do comes first; what everybody has is not the likeliest. */
function toOrdered(offers: readonly Offer[]): readonly Explanation[] {
  const count = offers.filter(({ isNarrow }) => isNarrow).length;
  return offers
    .map(({ rule, evidence, act, isNarrow }): Explanation => ({
      rule,
      certainty: isNarrow && count === 1 ? "likely" : "possible",
      evidence: isNarrow ? [evidence, "Most clients offer more."] : [evidence],
      remedies: [{ act, at: "both" }],
    }))
    .toSorted((one, other) => other.evidence.length - one.evidence.length);
}

/** A server that answers a ClientHello with an alert. */
function oneOf(
  facts: HandshakeFacts,
  hello: ClientHello,
  code: number,
  said: readonly string[],
): readonly Explanation[] {
  const versions = versionsOf(hello);
  if (!versions.some((version) => version >= TLS_1_2)) return [noCommonVersion(facts, hello, "likely", said)];
  const ordered = toOrdered(offersOf(hello));
  // Some say the same of a version that they do not have.
  const isNewest = versions.some((version) => version > TLS_1_2);
  const version = isNewest ? [] : [noCommonVersion(facts, hello, "possible", [])];
  const name = unknownName(hello, "possible", []);
  switch (code) {
    case ALERTS.internal_error:
      return toSaid(said, [name, ...ordered, ...version, serverFailed()]);
    case ALERTS.unexpected_message: {
      const all = [...ordered, ...version, name, misread()];
      return toSaid(said, all).map((each) => ({ ...each, certainty: "possible" }));
    }
    default:
      return toSaid(said, [...ordered, ...version, name]);
  }
}

/** Version, suite and group are agreed on with the ServerHello; the server's certificate is what comes next. */
function isBeforeCertificate({ chains, finished, last, isUndecryptable, isCut }: HandshakeFacts): boolean {
  const isFirst = last?.by === "server" && BEFORE_CERTIFICATE.has(last.name);
  return isFirst && chains.server === undefined && finished.size === 0 && !isUndecryptable && !isCut;
}

const BEFORE_CERTIFICATE: ReadonlySet<string> = new Set(["server_hello", "encrypted_extensions"]);

/** A server that has nothing to show to this client. */
function judgeUncertified(hello: ClientHello, said: readonly string[]): readonly Explanation[] {
  const why = "It had agreed to a version and a suite, and showed no certificate.";
  const offers = toOrdered([algorithmsOffer(hello)]);
  return toSaid([...said, why], [...offers, unknownName(hello, "possible", [])]);
}

/** As before, where the alert could not be read: it may be about anything that is agreed on behind the ServerHello. */
export function judgeSealedFlight(hello: ClientHello, said: readonly string[]): readonly Explanation[] {
  const alpn = hello.alpnProtocols === undefined ? [] : [noCommonAlpn(hello, "possible", [])];
  return [...judgeUncertified(hello, said), ...alpn].map((each) => ({ ...each, certainty: "possible" }));
}

/** What was said belongs to the first of them. */
function toSaid(said: readonly string[], [first, ...others]: readonly Explanation[]): readonly Explanation[] {
  return first === undefined ? [] : [{ ...first, evidence: [...said, ...first.evidence] }, ...others];
}

function misread(): Explanation {
  return {
    rule: "protocol-error",
    certainty: "possible",
    evidence: ["By its meaning in TLS the client sent something out of order, or not TLS at all."],
    remedies: [{ act: "look-at-log", at: "server" }],
  };
}

function serverFailed(): Explanation {
  return {
    rule: "server-failed",
    certainty: "possible",
    evidence: ["The server may have failed for a reason of its own."],
    remedies: [{ act: "look-at-log", at: "server" }],
  };
}
