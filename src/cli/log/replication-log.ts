import { type ReplicationTurn, ReplicationTurns } from "../../operator/replication/replication-trouble.ts";
import type { Replication } from "../../trust/port/replication.ts";
import type { Upkeep } from "../../trust/port/upkeep.ts";
import type { EventLog } from "./event-log.ts";

const LOOK_EVERY_MS = 1000;

/** What a line is called that says that it is over. */
const OVER: Readonly<Record<ReplicationTurn["kind"], string>> = {
  "not-up-to-date": "replica-up-to-date",
  "database-away": "database-back",
  "replica-stale": "replica-fresh",
  "branch-found": "branch-left",
  "rules-older": "rules-known",
  "replicas-unequal": "replicas-equal",
  "changes-wait": "changes-appended",
};

/** Says how this machine gets on with others that share its trust, as often as that changes, until it is disposed of. */
export function logReplication(store: Upkeep, log: EventLog): Disposable {
  const turns = new ReplicationTurns(Date.now());
  const look = (): void => {
    const replication = store.replication();
    if (replication === null) return;
    for (const turn of turns.look(replication, Date.now())) log.write(lineOf(turn, replication));
  };
  const timer = store.replication() === null ? undefined : setInterval(look, LOOK_EVERY_MS).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
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
