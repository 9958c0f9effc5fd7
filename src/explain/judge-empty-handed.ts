import { SIGNATURE_SCHEMES } from "../tls/code-points/code-points-signature-schemes.ts";
import { nameText } from "./certificates/distinguished-name.ts";
import type { Explanation } from "./explanation.ts";
import type { HandshakeFacts } from "./seen/handshake-facts.ts";
import type { Remedy } from "../remedy.ts";
import { sameBytes } from "../x509/der/der.ts";
import { canSign } from "./certificates/signature-fit.ts";
import { readShownCertificate } from "./certificates/shown-certificate.ts";

const MOST_NAMES = 4;

/** Why a client shows no certificate although it is asked for one: it has none, or none that fits what was asked. */
export function judgeEmptyHanded(facts: HandshakeFacts, said: readonly string[]): readonly Explanation[] {
  const { certificateRequest, ownCertificate, chains } = facts;
  const seen = howItShows(facts);
  const evidence = [...said, ...seen];
  const asked = whatWasAsked(facts);
  const isRestricted = asked.length > 0;
  const mayBeWithheld = isRestricted || (certificateRequest === undefined && chains.client === undefined);
  if (ownCertificate !== undefined) {
    return [withheld("certain", [...evidence, ...whyItDoesNotFit(facts, ownCertificate), ...asked], facts)];
  }
  const none: Explanation = {
    rule: "no-certificate",
    certainty: mayBeWithheld ? "possible" : "likely",
    evidence,
    remedies: [{ act: "show-certificate", at: "client" }, ...serverRemedies(facts)],
  };
  return mayBeWithheld ? [none, withheld("possible", isRestricted ? asked : evidence, facts)] : [none];
}

/** Whether the client answered with nothing, and the server has not taken that. */
export function isEmptyHanded({ chains, finished }: HandshakeFacts): boolean {
  return chains.client?.length === 0 && !finished.has("server");
}

/** Not every server can read an empty Certificate, which is how a client says in TLS 1.2 that it has none. */
export function judgeUnreadEmpty(facts: HandshakeFacts, said: readonly string[]): readonly Explanation[] {
  const why = "Some servers that insist on a certificate cannot read an empty one (RFC 5246 §7.4.6).";
  return judgeEmptyHanded(facts, [...said, why]).map((each) =>
    each.certainty === "certain" ? each : { ...each, certainty: "possible" },
  );
}

/** An alert may be all there is to see. */
function howItShows({ chains, sealedAnswer }: HandshakeFacts): readonly string[] {
  if (chains.client !== undefined)
    return ["The client answered the server's request with an empty Certificate message."];
  return sealedAnswer === "empty"
    ? ["The client's sealed answer has the size of one without a certificate."]
    : [];
}

function withheld(
  certainty: "certain" | "possible",
  evidence: readonly string[],
  facts: HandshakeFacts,
): Explanation {
  const issuers = (facts.certificateRequest?.certificateAuthorities ?? []).slice(0, MOST_NAMES).map(nameText);
  const options = issuers.length === 0 ? {} : { options: { issuer: issuers.join("; ") } };
  const fitting: Remedy = { act: "show-fitting-certificate", at: "client", ...options };
  const asking: Remedy = { act: "widen-request", at: "server" };
  return { rule: "certificate-withheld", certainty, evidence, remedies: [fitting, asking] };
}

/** What a certificate had to fit: clients keep back those that do not. */
function whatWasAsked({ certificateRequest }: HandshakeFacts): readonly string[] {
  if (certificateRequest === undefined) return [];
  const { certificateAuthorities, signatureAlgorithms } = certificateRequest;
  const asked: string[] = [];
  if (certificateAuthorities.length > 0) {
    const names = certificateAuthorities.slice(0, MOST_NAMES).map((name) => `"${nameText(name)}"`);
    const more = certificateAuthorities.length - names.length;
    asked.push(
      `The server's CertificateRequest names the authorities that it takes: ${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}. Many clients keep back a certificate of another one.`,
    );
  }
  const lacking = (["RSA", "EC"] as const).filter((family) => !canSign(family, signatureAlgorithms));
  if (signatureAlgorithms.length > 0 && lacking.length > 0) {
    const names = signatureAlgorithms.map((code) => SIGNATURE_SCHEMES.name(code) ?? String(code));
    asked.push(
      `The server's CertificateRequest takes the signature algorithms ${names.slice(0, 8).join(", ")}: none for keys of the kind ${lacking.join(" or ")}.`,
    );
  }
  return asked;
}

function whyItDoesNotFit({ certificateRequest }: HandshakeFacts, own: Uint8Array): readonly string[] {
  const certificate = readShownCertificate(own);
  if (certificate === undefined || certificateRequest === undefined) return [];
  const { certificateAuthorities, signatureAlgorithms } = certificateRequest;
  const why: string[] = [];
  const isNamed = certificateAuthorities.some((name) => sameBytes(name, certificate.issuer));
  if (certificateAuthorities.length > 0 && !isNamed)
    why.push(`The certificate at hand is issued by "${nameText(certificate.issuer)}".`);
  if (!canSign(certificate.key.family, signatureAlgorithms))
    why.push(`The certificate at hand has the key ${certificate.key.name}.`);
  return why;
}

function serverRemedies({ handclasp }: HandshakeFacts): readonly Remedy[] {
  return [
    ...(handclasp.has("client") ? [{ act: "create-identity", at: "client" } as const] : []),
    ...(handclasp.has("server") ? [{ act: "serve-without-certificates", at: "server" } as const] : []),
  ];
}
