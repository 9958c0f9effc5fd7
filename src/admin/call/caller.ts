import type { Scope } from "../../trust/records/scope.ts";

/** An operator who asks for something. */
export interface Caller {
  /** Tells operators from each other in this process. */
  readonly id: string;
  /** For events, and to be shown. */
  readonly name: string | null;
  readonly scope: Scope;
  readonly via: "certificate" | "link" | "bearer";
  /** Of the certificate, else null. */
  readonly keyId: string | null;
  /** What says who it is goes along with every request that a browser sends here, whoever had it sent. */
  readonly isAmbient: boolean;
}

/** Somebody whose certificate is no operator's, and why. */
export interface RefusedCaller {
  /** A reason for refusal, or `not-an-operator`. */
  readonly reason: string;
  readonly keyId: string | null;
  /** The name that is bound or claimed; escaped. */
  readonly peer: string | null;
  /** Command lines that let it in, for whoever runs the server. */
  readonly commands: readonly string[];
}

/** What a connection itself says of who is at its other end. */
export type Identified =
  | { readonly kind: "operator"; readonly name: string; readonly scope: Scope; readonly keyId: string }
  | ({
      readonly kind: "refused";
      /** No peer's connection: it is told why, and has nothing else here. */
      readonly isTurnedAway: boolean;
    } & RefusedCaller)
  | null;
