import { setTimeout as sleep } from "node:timers/promises";
import { reasonOf } from "../../errors.ts";
import type { Remedy } from "../../remedy.ts";
import { differencesOf } from "../../operator/replication/compare-nodes.ts";
import { branchText, isLostLately, lostDecisions } from "../../operator/replication/lost-decisions.ts";
import { isGrave, troublesOf } from "../../operator/replication/replication-trouble.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import type { Replication } from "../../trust/port/replication.ts";
import { flat } from "../terminal/prose.ts";
import { remediesText } from "../terminal/remedy-text.ts";
import { type Finding, toFinding } from "./finding.ts";

/** How far this machine is with the log that it shares with others, and what they do not have in common. Nothing of a store of one place. */
export async function examineReplica(store: TrustStore): Promise<readonly Finding[]> {
  // What keeps it from being up to date is what `replication` says.
  await lookedAt(store);
  const replication = store.replication();
  if (replication === null) return [];
  return [...examineThis(replication), ...(await examineOthers(store))];
}

/** Until it is up to date, or it is known that it is not; a snapshot is not waited for that it begins with. */
async function lookedAt(store: TrustStore): Promise<void> {
  const caughtUp = store.catchUp().then(
    () => true,
    () => true,
  );
  for (let looks = 0; !(await Promise.race([caughtUp, sleep(BETWEEN_MS, false)])); looks++)
    if (looks >= MOST_LOOKS && store.replication()?.starting !== undefined) return;
}

/** A small one is taken in meanwhile. */
const MOST_LOOKS = 20;
const BETWEEN_MS = 100;

function examineThis(replication: Replication): readonly Finding[] {
  const now = Date.now();
  const troubles = troublesOf(replication, now);
  const { branch } = replication;
  const lost = isLostLately(branch, now)
    ? [
        toFinding(
          "warn",
          "replica",
          `lost by a fail-over, ${branchText(branch)}: ${lostDecisions(branch).join("; ")}`,
          "decide anew who is to be let in",
        ),
      ]
    : [];
  if (troubles.length > 0) {
    const found = troubles.map(({ kind, problem, remedies }) =>
      toFinding(isGrave(kind) ? "broken" : "warn", "replica", problem, hintOf(remedies)),
    );
    return [...found, ...lost];
  }
  const { node, position, rules } = replication;
  const about = `${node.name} has all ${position} changes of the log, by rules ${rules.own}`;
  return [toFinding("ok", "replica", about), ...lost];
}

async function examineOthers(store: TrustStore): Promise<readonly Finding[]> {
  try {
    const nodes = await store.nodes();
    const differences = differencesOf(nodes, Date.now());
    if (differences.length === 0) {
      if (nodes.length === 0)
        return [toFinding("none", "machines", "none yet: one is on the list once a server runs on it")];
      const names = nodes.map(({ name }) => name).join(", ");
      return [toFinding("ok", "machines", `${names}: nothing differs between them`)];
    }
    return differences.map(({ kind, problem, remedies }) =>
      toFinding(kind === "unequal" ? "broken" : "warn", "machines", problem, hintOf(remedies)),
    );
  } catch (error) {
    return [toFinding("warn", "machines", reasonOf(error))];
  }
}

function hintOf(remedies: readonly Remedy[]): string | undefined {
  return remedies.length === 0 ? undefined : flat(remediesText(remedies));
}
