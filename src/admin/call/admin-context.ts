import type { OperatorAct, PerformOptions } from "../../operator/act.ts";
import type { ChainWatch } from "../../operator/chain-watch.ts";
import type { KeyComparison } from "../../operator/compare-key.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";

/** What all routes have. */
export interface AdminContext {
  readonly store: TrustStore;
  readonly transport: "loopback" | "tls";
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** What runs, with its process id, for events. */
  readonly process: string;
  readonly version: string;
  /** The command line that does the same. */
  readonly commandOf: (act: OperatorAct) => string;
  /** The command line by which a client uses a join token. */
  readonly joinCommandOf: (token: string) => string;
  readonly meantServer: NonNullable<PerformOptions["meantServer"]>;
  /** An id that nobody guesses. */
  readonly randomId: () => string;
  /** Command lines that let in whoever is nobody here, for whoever runs the server. */
  readonly commandsForNobody: readonly string[];
  /** Lets whatever else waits go first. */
  readonly pause: () => Promise<unknown>;
  readonly comparison: KeyComparison;
  readonly watch: ChainWatch;
}
