import { HandclaspError, reasonOf } from "../errors.ts";
import type { Remedy } from "../remedy.ts";
import type { ChainHead, ChainReport } from "../trust/records/events.ts";
import type { KeyState } from "../trust/records/key-record.ts";
import type { TrustStore } from "../trust/port/trust-store.ts";
import { type ReplicationJson, toReplicationJson } from "./replication/replication-json.ts";
import { troublesOf } from "./replication/replication-trouble.ts";

/** How a store is, as programs get it. */
export interface HealthJson {
  readonly status: "healthy" | "degraded";
  /** The end of the chain; null, like `store` and `keys`, when the store cannot be read. */
  readonly head: ChainHead | null;
  /** Up to which event the chain was found to hold. */
  readonly verified: number;
  readonly store: {
    /** Without secrets. */
    readonly url: string;
    readonly schema: number;
    /** On disk; null in memory. */
    readonly bytes: number | null;
  } | null;
  /** How many there are, by state. */
  readonly keys: Readonly<Record<KeyState, number>> | null;
  readonly problems: readonly HealthProblem[];
  /** How far this machine is, where it shares its trust with others; null where it does not. */
  readonly replication: ReplicationJson | null;
}

export interface HealthProblem {
  readonly problem: string;
  readonly remedies: readonly Remedy[];
}

/** A store as it is, and its chain as far as it was looked at. What cannot be read is a problem, not an error. */
export function toHealth(
  store: TrustStore,
  { head: verified, broken }: ChainReport,
  now: number,
): HealthJson {
  const replication = store.replication();
  const troubles = replication === null ? [] : troublesOf(replication, now);
  const problems: HealthProblem[] = troubles.map(({ problem, remedies }) => ({ problem, remedies }));
  if (broken !== null) {
    problems.push({
      problem: `event ${broken.sequence} of the chain: ${broken.problem}`,
      remedies: [{ act: "check-store", at: "server" }],
    });
  }
  const read = tryToRead(store, problems);
  const status = problems.length === 0 ? "healthy" : "degraded";
  return {
    status,
    head: null,
    store: null,
    keys: null,
    ...read,
    verified: verified.sequence,
    problems,
    replication: replication && toReplicationJson(replication, now),
  };
}

function tryToRead(
  store: TrustStore,
  problems: HealthProblem[],
): Pick<HealthJson, "head" | "store" | "keys"> | undefined {
  try {
    const { url, schema, bytes, keys } = store.stats();
    return { head: store.head(), store: { url, schema, bytes }, keys };
  } catch (error) {
    const said = error instanceof HandclaspError ? error.remedies : undefined;
    const remedies = said ?? [{ act: "check-store", at: "server" }];
    problems.push({ problem: `the trust store cannot be read: ${reasonOf(error)}`, remedies });
    return undefined;
  }
}
