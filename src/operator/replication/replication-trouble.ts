import type { Remedy } from "../../remedy.ts";
import type { Replication } from "../../trust/port/replication.ts";

export type TroubleKind =
  | "database-away"
  | "log-broken"
  | "replica-stale"
  | "branch-found"
  | "rules-older"
  | "replicas-unequal"
  | "changes-wait"
  | "rows-ignored"
  | "snapshot-refused"
  | "machine-doubled";

/** What is not as it should be with a machine that shares its trust, and what can be done about it. */
export interface ReplicationTrouble {
  readonly kind: TroubleKind;
  readonly problem: string;
  readonly remedies: readonly Remedy[];
}

const LOOK_AT_NODES: Remedy = { act: "list-nodes", at: "server" };
const REACH_DATABASE: Remedy = { act: "reach-database", at: "server" };
const CHECK_STORE: Remedy = { act: "check-store", at: "server" };

/** How long it is said that another machine told nonsense, or made a snapshot that is none. */
const IGNORED_SAID_MS = 600_000;

const GRAVE: ReadonlySet<TroubleKind> = new Set(["replica-stale", "branch-found", "rules-older"]);

/** Whether it keeps a machine from letting in whom others let in. */
export function isGrave(kind: TroubleKind): boolean {
  return GRAVE.has(kind);
}

/** What is wrong, the gravest first; nothing as a rule. `now` is milliseconds since the epoch. */
export function troublesOf(replication: Replication, now: number): readonly ReplicationTrouble[] {
  const { isStale, maxStalenessMs, upToDateAt, database, branch, rules, unequal, later, ignored } =
    replication;
  const { brokenLog, unusable } = replication;
  const remedy = brokenLog === undefined ? REACH_DATABASE : CHECK_STORE;
  const nothing =
    replication.starting === undefined
      ? "nothing was ever carried out here"
      : startText(replication.starting);
  const age = upToDateAt === null ? nothing : `what is here is ${ageOf(upToDateAt, now)}`;
  const troubles: ReplicationTrouble[] = [];
  const add = (kind: TroubleKind, problem: string, ...remedies: readonly Remedy[]): void => {
    troubles.push({ kind, problem, remedies });
  };
  if (branch !== null && branch.leftAt === null) {
    const { from, lost } = branch;
    const what = `the log does not have what was carried out here after change ${from}: ${lost} changes`;
    add("branch-found", `${what}; nobody is admitted before that was left`, LOOK_AT_NODES);
  }
  if (isStale) {
    const most = `no more than ${durationText(maxStalenessMs)} is believed`;
    const why = brokenLog === undefined ? "" : `; ${brokenLog}`;
    add("replica-stale", `${age}, and ${most}: nobody is admitted${why}`, remedy);
  }
  if (rules.own < rules.cluster) {
    const problem = `the log goes by rules ${rules.cluster}, and this version knows ${rules.own}`;
    add("rules-older", `${problem}: nothing more is carried out here`, { act: "update", at: "server" });
  }
  if (brokenLog !== undefined) {
    add("log-broken", `${brokenLog}; ${age}: nobody new is let in`, CHECK_STORE);
  } else if (database === "away" && replication.heldBy !== undefined) {
    add("database-away", `${replication.heldBy}; ${age}: nobody new is let in`, {
      act: "end-session",
      at: "server",
    });
  } else if (database === "away" && unusable !== undefined) {
    add("database-away", `${unusable}; ${age}: nobody new is let in`, REACH_DATABASE);
  } else if (database === "away") {
    add("database-away", `the database cannot be reached, and ${age}: nobody new is let in`, REACH_DATABASE);
  } else if (database === "behind a standby") {
    const problem = "the database is a standby, where nothing can be appended";
    add("database-away", `${problem}: nobody new is let in`, REACH_DATABASE);
  }
  if (unequal.length > 0) {
    const problem = `by the same changes this machine came to something else than ${unequal.join(", ")}`;
    add("replicas-unequal", problem, CHECK_STORE, LOOK_AT_NODES);
  }
  if (later > 0) {
    const changes = later === 1 ? "1 change bars" : `${later} changes bar`;
    add(
      "changes-wait",
      `${changes} somebody on this machine alone, until the database is back`,
      REACH_DATABASE,
    );
  }
  if (ignored !== undefined && now - ignored.at < IGNORED_SAID_MS) {
    const { count, last } = ignored;
    const rows = count === 1 ? "something was" : `${count} things were`;
    add(
      "rows-ignored",
      `${rows} told by another machine that make no sense, and left out: ${last}`,
      LOOK_AT_NODES,
    );
  }
  if (replication.isDoubled === true)
    add("machine-doubled", doubledText(replication.node.name), LOOK_AT_NODES);
  const { refusedSnapshot: refused } = replication;
  if (refused !== undefined && now - refused.at < IGNORED_SAID_MS) {
    const { id, position, madeBy, why } = refused;
    const which = `the snapshot ${id} of change ${position}, by ${madeBy}, was not started from: ${why}`;
    add("snapshot-refused", which, { act: "list-snapshots", at: "server" });
  }
  return troubles;
}

/** How far a machine is that begins with a snapshot. */
export function startText({ part, parts }: { readonly part: number; readonly parts: number }): string {
  return `it begins with a snapshot, of which ${part} of ${parts} parts are here`;
}

/** What is to be done where two machines are one by their replicas. */
export function doubledText(name: string): string {
  return `two machines are ${name} in turns, with one replica and its copy: stop one of them, remove its replica (not what lies beside it), and start it again`;
}

/**
 * Why a server that was opened at `openedAt` would not let in whom it should; null when it would. Without its database it
 * goes on, but does not begin.
 */
export function whyBehind(replication: Replication, openedAt: number, now: number): string | null {
  const grave = troublesOf(replication, now).find(({ kind }) => isGrave(kind));
  if (grave !== undefined) return grave.problem;
  const { upToDateAt, behind, database, brokenLog } = replication;
  if (upToDateAt !== null && upToDateAt >= openedAt) return null;
  if (brokenLog !== undefined) return brokenLog;
  if (replication.starting !== undefined)
    return `not up to date since the start: ${startText(replication.starting)}`;
  if (database !== "reached") return "the database was not reached since the start";
  return `not up to date since the start: ${behind === null ? "the log was not read yet" : `${behind} changes are to be carried out`}`;
}

/** A machine has come into trouble, or out of it. */
export interface ReplicationTurn {
  readonly kind: TroubleKind | "not-up-to-date";
  readonly isOver: boolean;
  /** What is wrong; null when it is over. */
  readonly problem: string | null;
}

/** Finds what became another since it looked last. */
export class ReplicationTurns {
  readonly #openedAt: number;
  #troubled: ReadonlySet<TroubleKind> = new Set();
  #branchFoundAt: number | null = null;
  #wasUpToDate = false;

  /** `openedAt` is milliseconds since the epoch. */
  constructor(openedAt: number) {
    this.#openedAt = openedAt;
  }

  look(replication: Replication, now: number): readonly ReplicationTurn[] {
    const troubles = troublesOf(replication, now);
    const kinds = new Set(troubles.map(({ kind }) => kind));
    const turns: ReplicationTurn[] = [];
    for (const { kind, problem } of troubles) {
      if (!this.#troubled.has(kind)) turns.push({ kind, isOver: false, problem });
    }
    const { branch, upToDateAt } = replication;
    // One may be found and left between two looks.
    const isPassed = branch !== null && branch.leftAt !== null && branch.leftAt >= this.#openedAt;
    if (isPassed && branch.foundAt !== this.#branchFoundAt && !this.#troubled.has("branch-found")) {
      turns.push({ kind: "branch-found", isOver: true, problem: null });
    }
    for (const kind of this.#troubled)
      if (!kinds.has(kind)) turns.push({ kind, isOver: true, problem: null });
    if (!this.#wasUpToDate && upToDateAt !== null && upToDateAt >= this.#openedAt) {
      this.#wasUpToDate = true;
      turns.push({ kind: "not-up-to-date", isOver: true, problem: null });
    }
    this.#troubled = kinds;
    this.#branchFoundAt = branch?.foundAt ?? this.#branchFoundAt;
    return turns;
  }
}

/** `3 s old`; of a clock that was put back, that. */
function ageOf(upToDateAt: number, now: number): string {
  return now < upToDateAt
    ? "from later than now, by this machine's clock"
    : `${durationText(now - upToDateAt)} old`;
}

const UNITS: readonly (readonly [seconds: number, unit: string])[] = [
  [86_400, "d"],
  [3600, "h"],
  [60, "min"],
];

/** `40 s`, `5 min`, `3 h`: as much of it as is worth knowing. */
export function durationText(durationMs: number): string {
  const seconds = Math.round(durationMs / 1000);
  for (const [size, unit] of UNITS) {
    const count = Math.round(seconds / size);
    if (seconds >= 2 * size || seconds === size) return `${count} ${unit}`;
  }
  return `${seconds} s`;
}
