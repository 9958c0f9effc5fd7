import type { AuditReport } from "../chain/audit-rows.ts";
import type { KeyState } from "../records/key-record.ts";
import type { KnownNode } from "./node-roster.ts";
import type { Replication } from "./replication.ts";

export interface StoreStats {
  readonly url: string;
  readonly schema: number;
  readonly keys: Readonly<Record<KeyState, number>>;
  readonly certificates: number;
  readonly events: number;
  readonly refusals: number;
  /** What had to go for want of room, ever: keys that nobody had reviewed, and refusals. */
  readonly dropped: { readonly pendingKeys: number; readonly refusals: number };
  /** On disk; null in memory. */
  readonly bytes: number | null;
}

export interface StoreReport extends AuditReport {
  /** What is damaged, in the words of the database; empty when nothing is. */
  readonly problems: readonly string[];
  /** Of all rows that were decided about, 64 hex digits: equal where they are. Left out by stores that keep none. */
  readonly digest?: string;
}

/** Care for what is kept. */
export interface Upkeep extends AsyncDisposable {
  /** As it was opened; without secrets. */
  readonly url: string;
  /** Recomputes the chain, and compares the rows with it, all at one moment. */
  audit(): AuditReport;
  /** The same, and looks for damage. */
  check(): StoreReport;
  /** Carries out anew what machines share: in words what is here and should not be. Left out by stores of one place. */
  compareWithLog?(): Promise<readonly string[]>;
  stats(): StoreStats;
  /** How far this machine is with the log that it shares with others; null where there is none. Cheap. */
  replication(): Replication | null;
  /**
   * Resolves when all that was acknowledged anywhere before is here: at once for a store of one place. Throws
   * ERR_HANDCLASP_STORE_READ, which says how old what is here is, when it cannot get there.
   */
  catchUp(): Promise<void>;
  /** All machines that share this trust, as they are known to each other; none for a store of one place. Throws ERR_HANDCLASP_STORE_READ. */
  nodes(): Promise<readonly KnownNode[]>;
  /** Writes a consistent copy to a file that must not exist. */
  backup(path: string): Promise<void>;
  /** Ends what it began; from then on everything throws ERR_HANDCLASP_STORE_CLOSED. */
  close(): Promise<void>;
}
