import { toKeyId } from "../trust/naming/key-id.ts";
import { sameBytes } from "../x509/der/der.ts";
import { nameText } from "./certificates/distinguished-name.ts";
import type { HandshakeFacts } from "./seen/handshake-facts.ts";
import { otherThan, type Sender } from "../tls/records/sender.ts";
import { isForHost, namesOf } from "./certificates/host-names.ts";
import {
  readBareKey,
  readShownCertificate,
  type ShownCertificate,
} from "./certificates/shown-certificate.ts";
import { isWeakSignature } from "./certificates/signature-name.ts";
import { escapeText } from "../trust/naming/peer-name.ts";

/** What can be held against a certificate, whoever showed it. */
export type Defect =
  | "expired"
  | "not-yet-valid"
  | "wrong-key-usage"
  | "weak-signature"
  | "weak-key"
  | "name-mismatch"
  | "self-signed"
  | "issuer-not-acceptable"
  | "missing-intermediate"
  | "unknown-ca";

export interface FoundDefect {
  readonly defect: Defect;
  /** A sentence that says what it is drawn from. */
  readonly evidence: string;
  /** The issuer that is missing or unknown, for the remedy. */
  readonly issuer?: string;
}

const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const ANY_PURPOSE = "2.5.29.37.0";
const PURPOSES: Readonly<Record<string, string>> = {
  [SERVER_AUTH]: "servers",
  [CLIENT_AUTH]: "clients",
  "1.3.6.1.5.5.7.3.3": "signing code",
  "1.3.6.1.5.5.7.3.4": "e-mail",
  "1.3.6.1.5.5.7.3.8": "time stamps",
  "1.3.6.1.5.5.7.3.9": "OCSP",
};
const DIGITAL_SIGNATURE = 0x80;
const KEY_ENCIPHERMENT = 0x20;
const KEY_AGREEMENT = 0x08;
const LEAST_RSA_BITS = 2048;
/** The last time that has a date, and negative the first one. */
const LAST_MS = 8_640_000_000_000_000;

/** What is wrong with what a side showed, worst first, and then why nobody may vouch for it. */
export function findDefects(facts: HandshakeFacts, by: Sender): readonly FoundDefect[] {
  const chain = facts.chains[by] ?? [];
  const certificates = chain.map(readShownCertificate);
  const [own] = certificates;
  if (own === undefined) return [];
  return [
    ...certificates.flatMap((each, index) => (each === undefined ? [] : datesOf(each, index, by, facts))),
    ...usageOf(own, by),
    ...signaturesOf(certificates, by),
    ...keyOf(own, by),
    ...(by === "server" ? hostOf(own, facts) : []),
    ...authorityOf(certificates, by, facts),
  ];
}

/** `the client's certificate "CN=anna", key …`, as it was shown; undefined when a side showed nothing. */
export function describeShown({ chains }: HandshakeFacts, by: Sender): string | undefined {
  const [der] = chains[by] ?? [];
  if (der === undefined) return undefined;
  const certificate = readShownCertificate(der);
  if (certificate === undefined) {
    const bare = readBareKey(der);
    return bare === undefined
      ? `a certificate of ${der.length} bytes that cannot be read here`
      : `a bare key (RFC 7250), ${bare.key.name}, key ${toKeyId(bare.pin)}`;
  }
  const { subject, pin, notBefore, notAfter, key } = certificate;
  const from = notBefore === undefined ? "unreadable dates" : `valid from ${date(notBefore)}`;
  const until = notAfter === undefined ? "" : ` to ${date(notAfter)}`;
  return `"${nameText(subject)}", key ${toKeyId(pin)} (${key.name}), ${from}${until}`;
}

function datesOf(
  { notBefore, notAfter, subject }: ShownCertificate,
  index: number,
  by: Sender,
  { time }: HandshakeFacts,
): readonly FoundDefect[] {
  // A capture without times, or with such as no calendar has, tells nothing of dates.
  if (time === 0 || !(Math.abs(time) < LAST_MS)) return [];
  const which = index === 0 ? `The ${by}'s certificate` : `"${nameText(subject)}" in the ${by}'s chain`;
  if (notAfter !== undefined && notAfter < time) {
    return [
      {
        defect: "expired",
        evidence: `${which} has expired: it ended at ${moment(notAfter)}, the handshake was at ${moment(time)}.`,
      },
    ];
  }
  if (notBefore === undefined || notBefore <= time) return [];
  return [
    {
      defect: "not-yet-valid",
      evidence: `${which} is not yet valid: it begins at ${moment(notBefore)}, the handshake was at ${moment(time)}.`,
    },
  ];
}

function usageOf({ extendedKeyUsage, keyUsage, key }: ShownCertificate, by: Sender): readonly FoundDefect[] {
  const wanted = by === "client" ? CLIENT_AUTH : SERVER_AUTH;
  const found: FoundDefect[] = [];
  if (
    extendedKeyUsage !== undefined &&
    ![wanted, ANY_PURPOSE].some((oid) => extendedKeyUsage.includes(oid))
  ) {
    const purposes = extendedKeyUsage.map((oid) => PURPOSES[oid] ?? oid).join(", ");
    found.push({
      defect: "wrong-key-usage",
      evidence: `The ${by}'s certificate is for another purpose: its extendedKeyUsage names ${purposes || "nothing"}, not ${by}s.`,
    });
  }
  const signs = DIGITAL_SIGNATURE | (by === "server" && key.family === "RSA" ? KEY_ENCIPHERMENT : 0);
  const agrees = key.family === "EC" ? KEY_AGREEMENT : 0;
  const needed = by === "server" ? signs | agrees : signs;
  if (keyUsage !== undefined && (keyUsage & needed) === 0) {
    found.push({
      defect: "wrong-key-usage",
      evidence: `The key of the ${by}'s certificate must not sign: its keyUsage lacks digitalSignature.`,
    });
  }
  return found;
}

/** A root's signature over itself counts for nothing, so nobody minds how it was made. */
function signaturesOf(
  certificates: readonly (ShownCertificate | undefined)[],
  by: Sender,
): readonly FoundDefect[] {
  const weak = certificates.find(
    (each) => each !== undefined && !each.isSelfSigned && isWeakSignature(each.signature),
  );
  if (weak === undefined) return [];
  const evidence = `"${nameText(weak.subject)}", which the ${by} showed, is signed with ${weak.signature}, which is broken.`;
  return [{ defect: "weak-signature", evidence }];
}

function keyOf({ key }: ShownCertificate, by: Sender): readonly FoundDefect[] {
  const isShort = key.bits !== undefined && key.bits < LEAST_RSA_BITS;
  if (!isShort && key.family !== "DSA") return [];
  return [{ defect: "weak-key", evidence: `The key of the ${by}'s certificate is too weak: ${key.name}.` }];
}

function hostOf(own: ShownCertificate, { clientHello, host }: HandshakeFacts): readonly FoundDefect[] {
  const asked = host ?? clientHello?.serverName;
  if (asked === undefined || isForHost(own, asked)) return [];
  const names = namesOf(own)
    .slice(0, MOST_NAMES)
    .map((name) => `"${escapeText(name)}"`)
    .join(", ");
  const is = names === "" ? "names no host" : `is for ${names}`;
  const evidence = `The server's certificate is not for "${escapeText(asked)}", which the client asked for: it ${is}.`;
  return [{ defect: "name-mismatch", evidence }];
}

const MOST_NAMES = 4;

/** Who should vouch for it. */
function authorityOf(
  certificates: readonly (ShownCertificate | undefined)[],
  by: Sender,
  { certificateRequest, clientHello }: HandshakeFacts,
): readonly FoundDefect[] {
  const [own] = certificates;
  if (own === undefined) return [];
  if (own.isSelfSigned) {
    const evidence = `The ${by}'s certificate is signed by itself: its issuer is its subject, "${nameText(own.subject)}".`;
    return [{ defect: "self-signed", evidence, issuer: nameText(own.issuer) }];
  }
  const top = topOf(own, certificates);
  const issuer = nameText(top.issuer);
  const names =
    by === "client" ? certificateRequest?.certificateAuthorities : clientHello?.certificateAuthorities;
  const isNamed = names?.some((name) => sameBytes(name, top.issuer) || sameBytes(name, top.subject)) ?? false;
  const found: FoundDefect[] = [];
  if (top === own && !isNamed) {
    const evidence = `The ${by} did not show the certificate of "${issuer}", which signed its own: if that is an intermediate one, it has to be sent along.`;
    found.push({ defect: "missing-intermediate", evidence, issuer });
  }
  if (names !== undefined && names.length > 0 && !isNamed) {
    const asker = otherThan(by);
    const evidence = `"${issuer}", which signed what the ${by} showed, is not among the ${names.length} authorities that the ${asker} named.`;
    found.push({ defect: "issuer-not-acceptable", evidence, issuer });
  } else {
    const known = isNamed
      ? "whose name the other side has, perhaps with another key"
      : "whom the other side may not know";
    const evidence = `What the ${by} showed ends at the issuer "${issuer}", ${known}.`;
    found.push({ defect: "unknown-ca", evidence, issuer });
  }
  return found;
}

/** The last that one can follow issuers to, whatever the order in which they were sent. */
function topOf(
  own: ShownCertificate,
  certificates: readonly (ShownCertificate | undefined)[],
): ShownCertificate {
  let top = own;
  for (let hops = 0; hops < certificates.length; hops++) {
    const next = certificates.find(
      (each) => each !== undefined && each !== top && sameBytes(each.subject, top.issuer),
    );
    if (next === undefined || top.isSelfSigned) break;
    top = next;
  }
  return top;
}

function date(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

function moment(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}
