import type { TrustStore } from "../../trust/port/trust-store.ts";

/** An act of an operator, as data. */
export type AdminAct = { readonly act: string } & Readonly<Record<string, unknown>>;

/** What all routes have. */
export interface AdminContext {
  readonly store: TrustStore;
  readonly transport: "loopback" | "tls";
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** So many random bytes. */
  readonly random: (size: number) => Uint8Array;
  /** What runs, with its process id, for events. */
  readonly process: string;
  readonly version: string;
  /** The command line that does the same. */
  readonly commandOf: (act: AdminAct) => string;
}
