import type { ChainHead } from "../records/events.ts";
import type { KeyPin } from "../records/key-record.ts";

/** Where a machine lets clients in, and which key it shows them. */
export interface NodeListener {
  /** `HOST:PORT`; `proxy` for a proxy that asks, wherever clients find that. */
  readonly address: string;
  readonly host: string;
  readonly port: number;
  readonly pin: KeyPin;
  /** The protocol in which clients ask for TLS first; left out where TLS begins at once. */
  readonly starttls?: string;
}

/** What a machine says of itself. Equal positions with unequal heads or digests are an alarm. */
export interface NodeReport {
  /** A UUID, lower-case: it lies in the replica's file, and every process on that says the same. */
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** The highest number of rules that it can carry changes out by. */
  readonly rules: number;
  /** How far its replica is in the log. */
  readonly position: number;
  /** The end of its audit chain, there. */
  readonly head: ChainHead;
  /** Of all rows that were decided about, there: 64 hex digits. */
  readonly digest: string;
  readonly listeners: readonly NodeListener[];
  /** How many parts of a snapshot are there that it begins with; left out where it has begun. */
  readonly starting?: { readonly part: number; readonly parts: number };
  /**
   * On which start of which machine it runs: another one under the same id, in turns, is a machine with a copy of the replica. Only
   * for the roster; up to 300 bytes.
   */
  readonly runOn?: string;
}

/** Whether a machine has nothing yet: it has come to nothing that could be compared, also where a log begins with a copy. */
export function hasNothing({ position, head }: Pick<NodeReport, "position" | "head">): boolean {
  return position === 0 && head.sequence === 0;
}

/** A machine as the others know it. */
export interface KnownNode extends NodeReport {
  /** Milliseconds since the epoch, by the clock of whoever keeps the roster. */
  readonly seenAt: number;
  /** Two machines say so in turns that they are this one: until a minute after that was last so. */
  readonly isDoubled?: true;
}

/** What who reports is told. */
export interface Beat {
  /** The number of the rules that the cluster goes by. */
  readonly rules: number;
  /** False where it was not written down: what was reached is a copy, which may be behind, and be behind for ever. */
  readonly isWritten: boolean;
}

/** The machines of a cluster, and the rules that all of them go by. */
export interface NodeRoster {
  /**
   * Writes down what a machine says of itself; resolves when that is durable, or cannot be because this is a copy. Whoever
   * was not seen for 30 days goes. Throws ERR_HANDCLASP_STORE_WRITE.
   */
  beat(report: NodeReport): Promise<Beat>;
  /** The same for who passes by, and writes nothing of a machine down. Throws ERR_HANDCLASP_STORE_WRITE. */
  visit(): Promise<Beat>;
  /** All machines, by name and id. Throws ERR_HANDCLASP_STORE_READ. */
  nodes(): Promise<readonly KnownNode[]>;
  /** The number of the rules that the cluster goes by. Throws ERR_HANDCLASP_STORE_READ. */
  rules(): Promise<number>;
  /**
   * Has the cluster go by higher rules, if every machine can; it never goes back. Resolves to the machines that cannot
   * yet: when there are none, it does. Throws ERR_HANDCLASP_STORE_WRITE.
   */
  raiseRules(to: number): Promise<readonly KnownNode[]>;
  /** Takes a machine off that is gone; one that goes on is back with its next beat. Throws ERR_HANDCLASP_STORE_WRITE. */
  forget(id: string): Promise<void>;
}

/** How long a machine is kept that is not seen any more. */
export const NODE_KEPT_MS: number = 30 * 24 * 60 * 60 * 1000;
/** How many are kept: another one takes the place of the one that was not seen for longest. */
export const MOST_NODES = 1000;
/** Whoever is back that soon after another one was in its place takes turns with it. */
export const TURNS_MS = 60_000;
