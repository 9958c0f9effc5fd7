import type { Trust } from "../trust/trust.ts";

/** What the guard needs of `Trust`. */
export type TrustPort = Pick<
  Trust,
  | "groups"
  | "judge"
  | "settle"
  | "seen"
  | "refused"
  | "distrustOf"
  | "trustedUntil"
  | "connectionOpened"
  | "connectionClosed"
  | "onChange"
>;
