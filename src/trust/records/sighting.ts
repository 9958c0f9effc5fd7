import type { CertificateFacts } from "../../x509/certificate-facts.ts";
import type { RefusalReason, Refuse } from "./verdict.ts";

/** Why somebody was refused, in the lists: in a handshake, or, by a path rule of a gateway, when asking for something. */
export type RecordedReason = RefusalReason | "path-not-allowed";

/**
 * The listener of clients that proxies ask about: none of theirs came to us, and a refusal is a status of HTTP to the proxy.
 * No listener of a gateway is called so.
 */
export const AUTHORIZER = "authorizer";

/** What is kept of a refusal, whoever refused. */
export type Refusal = Pick<Refuse, "pin" | "peer" | "concern" | "problem" | "fingerprint"> & {
  readonly reason: RecordedReason;
};

/** Which connection was refused, or what was asked on it. */
export interface RefusedFrom {
  readonly connection: string;
  readonly remoteAddress: string | undefined;
  /** Default none. */
  readonly listener?: string | null;
}

/** A connection that is open now. */
export interface LiveConnection {
  /** Unique in its process run. */
  readonly id: string;
  readonly pin: KeyPin;
  readonly peer: string;
  readonly remoteAddress: string | null;
  /** The listener that it came to; null at servers that have no name for it. */
  readonly listener: string | null;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

type KeyPin = CertificateFacts["pin"];
