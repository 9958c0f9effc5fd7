import { Gauge, type Registry } from "prom-client";
import type { Replication } from "../../trust/port/replication.ts";
import type { Upkeep } from "../../trust/port/upkeep.ts";

interface ReplicationGauge {
  readonly name: string;
  readonly help: string;
  /** Of several processes. */
  readonly of: "min" | "max";
  /** Null where there is nothing to say. */
  readonly read: (replication: Replication, now: number) => number | null;
}

/** So much of a digest as a number has room for, in hex digits. */
const DIGITS = 12;

const GAUGES: readonly ReplicationGauge[] = [
  {
    name: "handclasp_log_position",
    help: "The last change of the log that was carried out on this machine.",
    of: "min",
    read: ({ position }) => position,
  },
  {
    name: "handclasp_log_behind",
    help: "How many changes the log had more when this machine read it last.",
    of: "max",
    read: ({ behind }) => behind,
  },
  {
    name: "handclasp_log_age_seconds",
    help: "Since when this machine was up to date last.",
    of: "max",
    read: ({ upToDateAt }, now) => (upToDateAt === null ? null : Math.max(0, now - upToDateAt) / 1000),
  },
  {
    name: "handclasp_log_max_staleness_seconds",
    help: "How old what is on this machine may be before nobody is admitted by it.",
    of: "min",
    read: ({ maxStalenessMs }) => maxStalenessMs / 1000,
  },
  {
    name: "handclasp_log_stale",
    help: "1 while nobody is admitted, since what is on this machine is too old, or on a branch.",
    of: "max",
    read: ({ isStale, branch }) => toNumber(isStale || (branch !== null && branch.leftAt === null)),
  },
  {
    name: "handclasp_log_database_reached",
    help: "1 while this machine reaches the database and can append there, 0 otherwise.",
    of: "min",
    read: ({ database }) => toNumber(database === "reached"),
  },
  {
    name: "handclasp_log_notifications",
    help: "1 while the database wakes this machine, 0 while it looks five times a second.",
    of: "min",
    read: ({ notifications }) => toNumber(notifications),
  },
  {
    name: "handclasp_log_branch_found_seconds",
    help: "When this machine was found on a branch of the log last, in seconds since 1970; 0 for never.",
    of: "max",
    read: ({ branch }) => (branch?.foundAt ?? 0) / 1000,
  },
  {
    name: "handclasp_log_digest",
    help: "The first 48 bits of the digest of all that was decided: equal on machines at one position.",
    of: "max",
    read: ({ digest }) => (digest === null ? null : Number.parseInt(digest.slice(0, DIGITS), 16)),
  },
  {
    name: "handclasp_log_unequal",
    help: "How many machines came to something else by the same changes.",
    of: "max",
    read: ({ unequal }) => unequal.length,
  },
  {
    name: "handclasp_log_rules_missing",
    help: "How many steps the rules of the log are ahead of those that this version knows.",
    of: "max",
    read: ({ rules }) => Math.max(0, rules.cluster - rules.own),
  },
  {
    name: "handclasp_log_later",
    help: "How many changes bar somebody on this machine alone, and are appended when the database is back.",
    of: "max",
    read: ({ later }) => later,
  },
];

/** How far a machine is that shares its trust with others; of one that does not, nothing. Read when somebody asks. */
export function addReplicationGauges(registry: Registry, store: Upkeep, now: () => number = Date.now): void {
  for (const { name, help, of, read } of GAUGES) {
    const gauge = new Gauge({
      name,
      help,
      labelNames: ["node"],
      registers: [],
      aggregator: of,
      collect() {
        this.reset();
        const replication = store.replication();
        const value = replication && read(replication, now());
        if (replication !== null && value !== null) this.set({ node: replication.node.name }, value);
      },
    });
    registry.registerMetric<string>(gauge);
  }
}

function toNumber(is: boolean): number {
  return is ? 1 : 0;
}
