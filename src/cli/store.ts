import { resolve } from "node:path";
import { Command } from "commander";
import type { StoreUrl } from "../trust/port/store-url.ts";
import { howToMend } from "./trust-store/how-to-mend.ts";
import { HandclaspError } from "../errors.ts";
import { jsonOption } from "./command-line/json-option.ts";
import { clusterCommands } from "./store/cluster.ts";
import { snapshotCommands } from "./store/compact.ts";
import { copyCommand } from "./store/copy.ts";
import { restoreCommand } from "./store/restore.ts";
import { storeOption } from "./command-line/store-option.ts";
import { withStore } from "./trust-store/with-store.ts";
import { print, printJson, say, showName, showTime, table } from "./terminal/output.ts";
import { branchText, lostDecisions } from "../operator/replication/lost-decisions.ts";
import { toReplicationJson } from "../operator/replication/replication-json.ts";
import type { Replication } from "../trust/port/replication.ts";
import { auditProblem, notCompared, toJsonRows } from "../operator/audit-problem.ts";

interface Options {
  readonly store: StoreUrl;
  readonly json?: true;
}

/** `store`: the file that trust is kept in. */
export function command(): Command {
  const check = new Command("check")
    .description(
      "look for damage, recompute the audit chain, and compare keys, names, groups and tokens with it",
    )
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(runCheck);
  const backup = new Command("backup")
    .description("write a consistent copy, while the store is in use")
    .argument("<file>", "where to; it must not exist")
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(runBackup);
  const stats = new Command("stats")
    .description("how much there is of what")
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(runStats);
  const all = [
    check,
    backup,
    restoreCommand(),
    copyCommand(),
    stats,
    ...snapshotCommands(),
    ...clusterCommands(),
  ];
  return all.reduce((store, verb) => store.addCommand(verb), new Command("store"));
}

async function runCheck({ store: url, json }: Options): Promise<void> {
  await withStore(
    url,
    "store check",
    async (store) => {
      const report = store.check();
      const { chain, digest } = report;
      const parted = report.problems.length > 0 ? undefined : await store.compareWithLog?.();
      const problems = parted ?? report.problems;
      const broken = auditProblem(report);
      const ok = problems.length === 0 && broken === undefined;
      if (json === true)
        printJson({ ok, problems, chain, ...toJsonRows(report), ...(digest !== undefined && { digest }) });
      if (problems.length > 0)
        throw damaged(store.url, problems, broken, parted === undefined ? howToMend(store) : PARTED);
      if (broken !== undefined) throw broken;
      const missing = notCompared(report);
      if (missing !== undefined) say(missing);
      if (json !== true)
        print(`ok: ${chain.head.sequence} events, head ${chain.head.sequence} ${chain.head.hash}`);
    },
    { reads: true },
  );
}

async function runBackup(file: string, { store: url, json }: Options): Promise<void> {
  await withStore(
    url,
    "store backup",
    async (store) => {
      await store.backup(resolve(file));
      if (json === true) printJson({ file: resolve(file), head: store.head() });
      else print(resolve(file));
    },
    { reads: true },
  );
}

async function runStats({ store: url, json }: Options): Promise<void> {
  await withStore(
    url,
    "store stats",
    (store) => {
      const stats = store.stats();
      const replication = store.replication();
      if (json === true) {
        const shared = replication && { replication: toReplicationJson(replication, Date.now()) };
        printJson({ ...stats, ...shared });
        return;
      }
      const { keys, certificates, events, refusals, dropped, bytes, schema } = stats;
      print(
        table([
          ["store", stats.url],
          ["schema", String(schema)],
          ...Object.entries(keys).map(([state, count]) => [`${state} keys`, String(count)]),
          ["certificates", String(certificates)],
          ["events", String(events)],
          ["refusals", String(refusals)],
          ["pending keys dropped", String(dropped.pendingKeys)],
          ["refusals dropped", String(dropped.refusals)],
          ["bytes", String(bytes ?? "-")],
          ...(replication === null ? [] : replicationRows(replication)),
        ]),
      );
      for (const line of lostDecisions(replication?.branch ?? null)) print(`lost: ${line}`);
    },
    { reads: true },
  );
}

function replicationRows({ node, rules, ...as }: Replication): readonly (readonly string[])[] {
  const { upToDateAt, behind, branch, ignored } = as;
  return [
    ["machine", showName(node.name)],
    ["position in the log", String(as.position)],
    ["changes behind", String(behind ?? "unknown")],
    ["changes not appended yet", String(as.later)],
    ["up to date", upToDateAt === null ? "never" : showTime(upToDateAt)],
    ["digest", as.digest ?? "unknown"],
    ["database", as.database],
    ["notifications", as.notifications ? "come" : "do not come: the log is looked at every 200 ms"],
    [
      "rules",
      rules.own === rules.cluster ? String(rules.cluster) : `${rules.cluster}, and known here: ${rules.own}`,
    ],
    ...(as.starting === undefined
      ? []
      : [["begins with a snapshot", `${as.starting.part} of ${as.starting.parts} parts`]]),
    ...(branch === null ? [] : [["lost by a fail-over", branchText(branch)]]),
    ...(ignored === undefined ? [] : [["told, and left out", `${ignored.count}: ${ignored.last}`]]),
  ];
}

/** One of the two is wrong. */
const PARTED =
  "do the same on the other machines: if this one alone differs, move its replica away with -wal and -shm, and start again; if all do, the log was changed: bring the database back from its backup";

function damaged(
  url: string,
  problems: readonly string[],
  broken: HandclaspError | undefined,
  hint: string,
): HandclaspError {
  const list = [...problems, ...(broken === undefined ? [] : [broken.message])].map(
    (problem) => `\n  ${problem}`,
  );
  return new HandclaspError("ERR_HANDCLASP_STORE_CORRUPT", `${url} is damaged:${list.join("")}`, { hint });
}
