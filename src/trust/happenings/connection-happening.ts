import type { RefusalAlert } from "../judging/alerts.ts";
import type { KeyPin } from "../records/key-record.ts";
import type { RefusalDetail, RefusalReason } from "../records/verdict.ts";
import type { CutReason } from "./cut-reason.ts";

/** A connection that something happens to. What is looked up is looked up by whoever reads it. */
export interface HappeningConnection {
  /** The id that lists and refusals have. */
  readonly id: string;
  readonly remoteAddress: string | undefined;
  /** The listener that it came to; null at servers that have no name for it. */
  readonly listener: string | null;
}

/** The client of a connection, as it was judged when it was let in. */
export interface HappeningPeer {
  /** The name that the trust store binds to the key. */
  readonly name: string;
  readonly pin: KeyPin;
  readonly keyId: string;
  /** SHA-256 of the certificate, 64 lower-case hex digits. */
  readonly fingerprint: string;
  readonly firstUse: boolean;
  readonly renewed: boolean;
  readonly rotated: boolean;
  readonly tlsVersion: string;
  readonly resumed: boolean;
  /** Undefined where another process tells of it. */
  readonly certificate?: { readonly der: Uint8Array };
}

/** A client is let in: for the first time, with the key that follows on its former one, or once more. */
export interface Admitted {
  readonly type: "met" | "rotated" | "recognised";
  readonly connection: HappeningConnection;
  readonly peer: HappeningPeer;
  /** From accepting the connection on. */
  readonly durationMs: number;
}

/** A client is let in without a certificate. */
export interface Anonymous {
  readonly type: "anonymous";
  readonly connection: HappeningConnection;
  readonly tlsVersion: string;
  readonly durationMs: number;
}

export interface Refused {
  readonly type: "refused";
  readonly connection: HappeningConnection;
  readonly reason: RefusalReason;
  readonly detail: RefusalDetail | null;
  /** What was wrong in words: a stranger may have written some. */
  readonly problem: string | null;
  /** Null when none could be sent. */
  readonly alert: RefusalAlert | null;
  readonly pin: KeyPin | null;
  /** The bound name, else the claimed one. Safe to print. */
  readonly peer: string | null;
  readonly conflictsWith: KeyPin | null;
  /** DER; undefined when the client showed none, and where another process tells of it. */
  readonly certificate: Uint8Array | undefined;
}

/** An open connection is ended by us. Told once for each. */
export interface Cut {
  readonly type: "cut";
  readonly connection: HappeningConnection;
  /** Undefined when the client is anonymous. */
  readonly peer: HappeningPeer | undefined;
  readonly reason: CutReason;
}

/** A connection that was let in is over. */
export interface Closed {
  readonly type: "closed";
  readonly connection: HappeningConnection;
  readonly peer: HappeningPeer | undefined;
  /** Why we ended it; null when the client did, or both were done. */
  readonly reason: CutReason | null;
  /** On the wire, from the client. */
  readonly bytesIn: number;
  /** On the wire, to the client. */
  readonly bytesOut: number;
  /** From letting it in on. */
  readonly durationMs: number;
}

/** Something unexpected. */
export interface Failed {
  readonly type: "failed";
  /** The one that was refused or ended for it; undefined where it was about none, or about several. */
  readonly connection: HappeningConnection | undefined;
  /** The listener whose client brought it about; null where there is none, or it may have been several. */
  readonly listener: string | null;
  readonly error: unknown;
}

export type ConnectionHappening = Admitted | Anonymous | Refused | Cut | Closed | Failed;
