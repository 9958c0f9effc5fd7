import { CUT_REASONS, type CutReason } from "../trust/happenings/cut-reason.ts";

/** What a guard did since it was made. */
export interface GuardStats {
  /** Connections, whatever became of them. */
  readonly accepted: number;
  /** Handed to the application, recognised. */
  readonly admitted: number;
  /** Handed to the application without a certificate. */
  readonly anonymous: number;
  readonly refused: number;
  /** Cut because their key is no longer trusted, or their peer may not be here any more, or has another name. */
  readonly revoked: number;
  /** Open connections that were ended, by reason: those of `revoked`, and those that say nothing about the client. */
  readonly cut: Readonly<Record<CutReason, number>>;
  /** Cut because the client renegotiated. */
  readonly renegotiated: number;
  /** Handshakes that took too long. */
  readonly timedOut: number;
  /** Handshakes that made room for newer ones. */
  readonly dropped: number;
  /** Ended at once: too much for a handshake came from their network before. Always 0 where this Node bounds handshakes. */
  readonly penalised: number;
}

export type GuardCounters = { -readonly [Name in keyof Omit<GuardStats, "cut">]: GuardStats[Name] } & {
  readonly cut: { -readonly [Reason in keyof GuardStats["cut"]]: number };
};

export function createCounters(): GuardCounters {
  return {
    accepted: 0,
    admitted: 0,
    anonymous: 0,
    refused: 0,
    revoked: 0,
    cut: Object.fromEntries(CUT_REASONS.map((reason) => [reason, 0])) as GuardCounters["cut"],
    renegotiated: 0,
    timedOut: 0,
    dropped: 0,
    penalised: 0,
  };
}
