import { differencesOf } from "../../operator/replication/compare-nodes.ts";
import { type ReplicationTurn, ReplicationTurns } from "../../operator/replication/replication-trouble.ts";
import type { Replication } from "../../trust/port/replication.ts";
import type { Upkeep } from "../../trust/port/upkeep.ts";
import type { EventLog } from "./event-log.ts";

const LOOK_EVERY_MS = 1000;
const COMPARE_EVERY_MS = 10_000;

/** What a line is called that says that it is over. */
const OVER: Readonly<Record<ReplicationTurn["kind"], string>> = {
  "not-up-to-date": "replica-up-to-date",
  "database-away": "database-back",
  "log-broken": "log-whole",
  "replica-stale": "replica-fresh",
  "branch-found": "branch-left",
  "rules-older": "rules-known",
  "replicas-unequal": "replicas-equal",
  "changes-wait": "changes-appended",
  "rows-ignored": "rows-understood",
  "snapshot-refused": "snapshots-in-order",
  "machine-doubled": "machine-alone",
};

/** Says how this machine gets on with others that share its trust, as often as that changes, until it is disposed of. */
export function logReplication(store: Upkeep, log: EventLog): Disposable {
  const turns = new ReplicationTurns(Date.now());
  const look = (): void => {
    const replication = store.replication();
    if (replication === null) return;
    for (const turn of turns.look(replication, Date.now())) log.write(lineOf(turn, replication));
  };
  if (store.replication() === null) return { [Symbol.dispose]: () => undefined };
  const keys = new ServerKeys(store, log);
  const timers = [
    setInterval(look, LOOK_EVERY_MS).unref(),
    setInterval(() => void keys.compare(), COMPARE_EVERY_MS).unref(),
  ];
  return { [Symbol.dispose]: () => timers.forEach(clearInterval) };
}

/** Warns of machines that show clients different keys, once for each way in which they do. */
class ServerKeys {
  readonly #store: Upkeep;
  readonly #log: EventLog;
  #told: string | undefined;

  constructor(store: Upkeep, log: EventLog) {
    this.#store = store;
    this.#log = log;
  }

  async compare(): Promise<void> {
    try {
      const nodes = await this.#store.nodes();
      const now = Math.max(0, ...nodes.map(({ seenAt }) => seenAt));
      const problem = differencesOf(nodes, now).find(({ kind }) => kind === "server-keys")?.problem;
      if (problem !== undefined && problem !== this.#told) this.#log.warn(problem);
      this.#told = problem;
    } catch {
      // What cannot be read now is read soon; that it cannot be, other lines say.
    }
  }
}

function lineOf(
  { kind, isOver, problem }: ReplicationTurn,
  replication: Replication,
): Parameters<EventLog["write"]>[0] {
  const { node, position, upToDateAt, branch } = replication;
  return {
    event: isOver ? OVER[kind] : kind,
    node: node.name,
    position,
    upToDateAt: upToDateAt === null ? null : new Date(upToDateAt).toISOString(),
    ...(kind === "branch-found" && branch !== null && { from: branch.from, lost: branch.lost }),
    ...(problem !== null && { message: problem }),
  };
}
