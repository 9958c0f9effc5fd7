import type { CertificateFacts } from "../../x509/certificate-facts.ts";
import { judgeEndorsement } from "./judge-endorsement.ts";
import { judgeJoinProof } from "./judge-join-proof.ts";
import { objectionTo } from "./objection.ts";
import { letsIn } from "../records/first-use-window.ts";
import type { KeyRecord } from "../records/key-record.ts";
import { holderOf } from "../naming/holder-of.ts";
import { toKeyId } from "../naming/key-id.ts";
import { isListWord } from "../naming/list-words.ts";
import { escapeText, nameKey, toPeerName } from "../naming/peer-name.ts";
import type { Policy } from "../records/policy.ts";
import type { Knowledge } from "../port/knowledge.ts";
import type { ShownJoinProof, Showing } from "../records/showing.ts";
import type { Claim, RefusalReason, Refuse, Verdict } from "../records/verdict.ts";

/** What a verdict asks the store for; `keysOfName` only for keys that are not trusted yet. */
export type KnownToJudge = Pick<Knowledge, "key" | "keysOfName" | "isForgotten" | "token" | "firstUseWindow">;

/** What a handshake with a key means, of which `key` is what the store has. Pure: clock and socket stay outside. */
export function judge(
  showing: Showing,
  key: KeyRecord | undefined,
  known: KnownToJudge,
  policy: Policy,
  now: number,
): Verdict {
  const { certificate } = showing;
  if (key === undefined || isLapsed(key, now)) return judgeUnknown(showing, known, policy, now);
  const objection = objectionTo(key, now);
  if (objection === "set-aside") {
    return { ...refuseWaiting(key, certificate), conflictsWith: key.conflictsWith };
  }
  if (objection !== undefined) return refuse(objection, certificate, key.peer);
  if (key.state === "pending") return judgePending(showing, key, known, policy, now);
  const dates = judgeDates(certificate, policy, now);
  if (dates !== undefined) return refuse(dates, certificate, key.peer);
  const isOther = key.fingerprint !== certificate.fingerprint;
  // The very certificate that was accepted says nothing new, though what it claims may be no name.
  if (policy.bind === "name" && isOther) {
    const claim = judgeClaimedName(certificate, key);
    if (claim !== undefined) return refuse(claim, certificate, key.peer);
  }
  return {
    decision: "admit",
    peer: key.peer ?? toKeyId(key.pin),
    pin: key.pin,
    firstUse: false,
    // A session carries the certificate that it was made with, however old that is.
    renewed: isOther && showing.resumed !== true,
    rotated: false,
    until: key.expires,
  };
}

/** A pending entry that nobody reviewed in time counts as never seen. */
export function isLapsed(key: KeyRecord, now: number): boolean {
  return key.state === "pending" && key.expires !== null && now >= key.expires;
}

function judgePending(
  showing: Showing,
  key: KeyRecord,
  known: KnownToJudge,
  policy: Policy,
  now: number,
): Verdict {
  const verdict = judgeUnknown(showing, known, policy, now);
  if (verdict.decision === "refuse" && verdict.reason === "unknown") {
    return refuseWaiting(key, showing.certificate);
  }
  return verdict;
}

function refuseWaiting(
  { conflictsWith, peer, claimedName }: KeyRecord,
  certificate: CertificateFacts,
): Refuse {
  return refuse(conflictsWith === null ? "pending" : "key-changed", certificate, peer ?? claimedName);
}

/** A key without a verdict of ours: a join token or a key we trust may speak for it. */
function judgeUnknown(showing: Showing, known: KnownToJudge, policy: Policy, now: number): Verdict {
  const { certificate, joinProof } = showing;
  if (joinProof !== undefined) return judgeJoin(showing, joinProof, known, policy, now);
  if (policy.rotation === "refuse") return judgeFirstUse(showing, known, policy, now);
  const endorsed = judgeEndorsement(certificate.pin, showing.endorsement ?? [], known, now);
  if (endorsed.kind === "none") return judgeFirstUse(showing, known, policy, now);
  if (endorsed.kind === "void") {
    return { ...judgeFirstUse(showing, known, policy, now), concern: endorsed.concern };
  }
  const { by, endorsedBy } = endorsed;
  const peer = by.peer ?? toKeyId(by.pin);
  const unfit = judgeFitness(certificate, policy, now);
  if (unfit !== undefined) return refuse(unfit, certificate, peer);
  if (policy.rotation === "accept") {
    return { decision: "claim", peer, pin: certificate.pin, source: "rotation", endorsedBy };
  }
  const concern = { about: by.pin, problem: "endorsed" } as const;
  return { ...refuse("pending", certificate, peer), conflictsWith: by.pin, concern };
}

function judgeJoin(
  showing: Showing,
  proof: ShownJoinProof,
  known: KnownToJudge,
  policy: Policy,
  now: number,
): Claim | Refuse {
  const { certificate, remoteAddress } = showing;
  const token = known.token(proof.tokenId);
  const problem = judgeJoinProof(proof, token, remoteAddress, now);
  if (token === undefined || problem !== undefined) {
    const concern = { about: proof.tokenId, problem: problem ?? "unknown-token" };
    return { ...refuse("token-invalid", certificate, token?.peer ?? shown(certificate)), concern };
  }
  const unfit = judgeFitness(certificate, policy, now);
  if (unfit !== undefined) return refuse(unfit, certificate, token.peer);
  const { id, peer, groups } = token;
  const claim = { decision: "claim", peer, pin: certificate.pin, source: "token", token: id } as const;
  return groups.length === 0 ? claim : { ...claim, groups: groups.map(({ nameKey: group }) => group) };
}

function judgeFitness(certificate: CertificateFacts, policy: Policy, now: number): RefusalReason | undefined {
  const unnamed = nameOf(certificate, policy) === undefined;
  return judgeDates(certificate, policy, now) ?? (unnamed ? "malformed-certificate" : undefined);
}

function judgeFirstUse(showing: Showing, known: KnownToJudge, policy: Policy, now: number): Claim | Refuse {
  const { certificate } = showing;
  const accepts = policy.firstUse === "accept" || showing.caSigned;
  const open = accepts || letsIn(known.firstUseWindow(), showing.remoteAddress, now);
  if (!open && policy.firstUse === "refuse") return refuse("unknown", certificate, shown(certificate));
  const dates = judgeDates(certificate, policy, now);
  if (dates !== undefined) return refuse(dates, certificate, shown(certificate));
  const name = nameOf(certificate, policy);
  if (name === undefined) return refuse("malformed-certificate", certificate, shown(certificate));
  const holder = holderOf(known, nameKey(name), certificate.pin);
  if (holder !== undefined) return { ...refuse("key-changed", certificate, name), conflictsWith: holder.pin };
  if (isListWord(nameKey(name)))
    return {
      ...refuse("malformed-certificate", certificate, name),
      problem: `${NO_NAME} it means something else in lists of who may come in`,
    };
  if (!open) return refuse("pending", certificate, name);
  return {
    decision: "claim",
    peer: name,
    pin: certificate.pin,
    source: showing.caSigned ? "ca" : "first-use",
    ...(!accepts && { whileOpen: policy.firstUse === "refuse" ? ("refuse" as const) : ("ask" as const) }),
  };
}

/** The name a key would be bound to; undefined when what it claims cannot be read, or cannot be a name. */
export function nameOf(certificate: CertificateFacts, policy: Pick<Policy, "bind">): string | undefined {
  if (policy.bind === "key") return toKeyId(certificate.pin);
  if (certificate.nameProblem !== undefined) return undefined;
  if (certificate.claimedName === undefined) return toKeyId(certificate.pin);
  const name = toPeerName(certificate.claimedName);
  return name.ok ? name.name : undefined;
}

/** The claim of a certificate as it is kept beside its key: null when there is none that can be a name. */
export function claimedNameOf(certificate: CertificateFacts): string | null {
  if (certificate.claimedName === undefined) return null;
  const name = toPeerName(certificate.claimedName);
  return name.ok ? name.name : null;
}

function judgeDates(certificate: CertificateFacts, policy: Policy, now: number): RefusalReason | undefined {
  if (policy.validity === "ignore") return undefined;
  if (now < certificate.notBefore) return "not-yet-valid";
  return now > certificate.notAfter ? "expired" : undefined;
}

/** A key may claim what it claimed when it was accepted, and the name that it then got. */
function judgeClaimedName(
  { claimedName: claimed, nameProblem }: CertificateFacts,
  { claimedName, peer }: KeyRecord,
): RefusalReason | undefined {
  if (nameProblem !== undefined) return "malformed-certificate";
  if (claimed === undefined || claimed === claimedName) return undefined;
  const name = toPeerName(claimed);
  if (!name.ok) return "malformed-certificate";
  const isAccepted = [claimedName, peer].some((one) => one !== null && name.key === nameKey(one));
  return isAccepted ? undefined : "name-changed";
}

function shown(certificate: CertificateFacts): string | null {
  return certificate.claimedName === undefined ? null : escapeText(certificate.claimedName);
}

function refuse(reason: RefusalReason, certificate: CertificateFacts, peer: string | null): Refuse {
  const verdict = { decision: "refuse", reason, pin: certificate.pin, peer, conflictsWith: null } as const;
  return reason === "malformed-certificate" ? { ...verdict, problem: problemOfName(certificate) } : verdict;
}

const NO_NAME = "what it claims to be called cannot be a name:";

/** Why what a certificate claims is no name. */
function problemOfName({ claimedName = "", nameProblem }: CertificateFacts): string {
  if (nameProblem !== undefined) return nameProblem;
  const name = toPeerName(claimedName);
  return name.ok ? "" : `${NO_NAME} ${name.problem}`;
}
