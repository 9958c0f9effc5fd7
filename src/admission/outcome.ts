import type { Showing } from "../trust/records/showing.ts";
import type { Admit, Claim, Refuse } from "../trust/records/verdict.ts";
import type { CertificateFacts } from "../x509/certificate-facts.ts";
import type { Encounter } from "./encounter.ts";

/** It showed no certificate, and needs none. */
export interface Anonymous {
  readonly decision: "anonymous";
}

export interface Admitted {
  readonly decision: "admit";
  readonly verdict: Admit;
  /** What it showed, read. */
  readonly certificate: CertificateFacts;
}

/** Let in as soon as the store has it: it is to be settled. */
export interface Claimed {
  readonly decision: "claim";
  readonly verdict: Claim;
  readonly showing: Showing;
  readonly encounter: Encounter;
}

export interface Refused {
  readonly decision: "refuse";
  readonly verdict: Refuse;
  /** DER of what it showed, as far as that is known. */
  readonly certificate: Uint8Array | undefined;
  /** What went wrong on our side, where it is no doing of the client's; undefined else. */
  readonly failure: unknown;
}

/** What becomes of a client at once. */
export type Outcome = Anonymous | Admitted | Claimed | Refused;
