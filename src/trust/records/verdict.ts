import type { KeyPin, KeySource } from "./key-record.ts";
import type { TokenProblem } from "./token-record.ts";

/** Why a handshake was refused. Each has its alert in `trust/judging/alerts.ts`. */
export type RefusalReason =
  | "no-certificate"
  | "malformed-certificate"
  | "unsupported-key"
  | "revoked"
  | "retired"
  | "expired"
  | "not-yet-valid"
  | "key-changed"
  | "name-changed"
  | "unknown"
  | "pending"
  | "ignored"
  | "rate-limited"
  | "token-invalid"
  | "not-allowed"
  | "store-unavailable";

/** Why an endorsement came to nothing. */
export type EndorsementProblem =
  | "endorsed-by-revoked"
  | "endorsed-by-retired"
  | "endorsed-by-ignored"
  | "endorsed-by-set-aside"
  | "endorsed-by-forgotten"
  | "endorsed-by-expired"
  | "endorsement-outdated"
  | "endorsement-not-yet-valid"
  | "endorsed-key-forgotten"
  | "endorsed-by-unknown"
  | "bad-endorsement";

/** Which rule about tokens or endorsements it was; `endorsed` waits for review under `rotation: "ask"`. */
export type RefusalDetail = TokenProblem | EndorsementProblem | "endorsed";

/** A join token or an endorsement that came to nothing. */
export interface Concern {
  /** The token's id, or the pin of the key that endorsed. */
  readonly about: string;
  readonly problem: RefusalDetail;
}

export interface Admit {
  readonly decision: "admit";
  readonly peer: string;
  readonly pin: KeyPin;
  /** This connection was the first of its key. */
  readonly firstUse: boolean;
  /** The key is known, the certificate is new. */
  readonly renewed: boolean;
  /** The key is new, the peer is known: its former key endorsed this one. */
  readonly rotated: boolean;
  /** When the approval ends; milliseconds since the epoch, null for never. */
  readonly until: number | null;
}

/** A key that may be accepted: admitted once the store has it. */
export interface Claim {
  readonly decision: "claim";
  readonly peer: string;
  readonly pin: KeyPin;
  readonly source: KeySource;
  /** The join token it came with, for the source `token`. */
  readonly token?: string;
  /** The groups that it comes into by that, folded; default none. */
  readonly groups?: readonly string[];
  /** The trusted key that it replaces, for the source `rotation`. */
  readonly endorsedBy?: Endorser;
  readonly concern?: Concern;
  /** Accepted only because first use is open for a while; what the policy does else. */
  readonly whileOpen?: "ask" | "refuse";
}

/** A trusted key and when it named its successor; milliseconds since the epoch. */
export interface Endorser {
  readonly pin: KeyPin;
  readonly issuedAt: number;
}

export interface Refuse {
  readonly decision: "refuse";
  readonly reason: RefusalReason;
  readonly pin: KeyPin | null;
  /** The bound name, else the claimed one; null when there is neither. Safe to print. */
  readonly peer: string | null;
  /** The key that holds the claimed name, for `key-changed`. */
  readonly conflictsWith: KeyPin | null;
  readonly concern?: Concern;
  /** What was wrong, where there are words for it: which field could not be read, why the store could not be asked. */
  readonly problem?: string;
  /** SHA-256 of the certificate, 64 lower-case hex digits, where nothing else names whom it is about. */
  readonly fingerprint?: string;
}

export type Verdict = Admit | Claim | Refuse;
/** What a connection ends up with once a claim is settled. */
export type Settled = Admit | Refuse;
