import { Command, Option } from "commander";
import { HandclaspError } from "../../errors.ts";
import { toIsoTime } from "../../operator/iso-time.ts";
import { type CompactPlan, compactLog, mustCut, planCompact, takeSnapshot } from "../../store/compact-log.ts";
import { isNeeded, snapshotMeant } from "../../store/drop-snapshot.ts";
import { openClusterAt } from "../../store/open-cluster.ts";
import type { Cluster } from "../../trust/port/cluster.ts";
import type { KnownNode } from "../../trust/port/node-roster.ts";
import { counts, type Snapshot } from "../../trust/port/snapshot-shelf.ts";
import type { StoreUrl } from "../../trust/port/store-url.ts";
import { jsonOption } from "../command-line/json-option.ts";
import { parseCount } from "../command-line/parse-count.ts";
import { storeOption } from "../command-line/store-option.ts";
import { print, printJson, showName, showTime, table } from "../terminal/output.ts";
import { processName } from "../trust-store/process-name.ts";
import { withStore } from "../trust-store/with-store.ts";

interface Options {
  readonly store: StoreUrl;
  readonly json?: true;
}

interface SnapshotsOptions extends Options {
  readonly drop?: string;
  readonly dryRun?: true;
  readonly dangerouslyLeaveNothingToBeginWith?: true;
}

interface CompactOptions extends Options {
  readonly keep: number;
  readonly dryRun?: true;
  readonly dangerouslyLeaveMachinesBehind?: true;
}

/** `store snapshot`, `store snapshots` and `store compact`. */
export function snapshotCommands(): readonly Command[] {
  const snapshot = new Command("snapshot")
    .description("put what this machine has beside the log, so that new machines start from there")
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(runSnapshot);
  const snapshots = new Command("snapshots")
    .description("what new machines may start from, and who came to the same")
    .addOption(
      new Option("--drop <id>", "take one away, by the beginning of its id, as a role that owns the schema"),
    )
    .option("-n, --dry-run", "say what would be taken away, and take nothing away")
    .addOption(
      new Option(
        "--dangerously-leave-nothing-to-begin-with",
        "take away also what the log goes on from: no new machine can come to what the others did",
      ),
    )
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(runSnapshots);
  const compact = new Command("compact")
    .description(
      "make a snapshot, and cut the log below the oldest that is kept; without it, the log is kept for ever",
    )
    .addOption(
      new Option("--keep <n>", "how many snapshots").argParser((text: string) => parseCount(text)).default(2),
    )
    .option("-n, --dry-run", "say what would be cut, and make and cut nothing")
    .addOption(
      new Option(
        "--dangerously-leave-machines-behind",
        "cut what a machine has still to carry out: it starts from a snapshot when it comes back",
      ),
    )
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(runCompact);
  return [snapshot, snapshots, compact];
}

async function runSnapshot({ store, json }: Options): Promise<void> {
  await onCluster(store, "store snapshot", async ({ snapshots }, take) => {
    const taken = await take();
    if (json === true) printJson(toJson(taken));
    else print(table([HEAD, toCells(taken, shortLength(await snapshots.list()))]));
  });
}

async function runSnapshots({ store, json, drop, ...options }: SnapshotsOptions): Promise<void> {
  const cluster = openClusterAt(store, processName("store snapshots"));
  try {
    if (drop !== undefined) return await runDrop(cluster, drop, { ...options, ...(json && { json }) });
    if (options.dryRun === true) throw nothingToDrop();
    const all = await cluster.snapshots.list();
    if (json === true) printJson(all.map(toJson));
    else if (all.length === 0) print("no snapshots: a new machine carries out the log from its beginning");
    else print(table([HEAD, ...all.map((one) => toCells(one, shortLength(all)))]));
  } finally {
    await cluster.close();
  }
}

async function runDrop(
  cluster: Cluster,
  id: string,
  { json, dryRun, dangerouslyLeaveNothingToBeginWith: mayBeNeeded }: Omit<SnapshotsOptions, "store">,
): Promise<void> {
  const snapshot = await snapshotMeant(cluster, id);
  const needed = await isNeeded(cluster, snapshot);
  if (dryRun !== true) {
    if (needed && mayBeNeeded !== true) throw neededStill(snapshot);
    await cluster.snapshots.drop(snapshot.id);
  }
  if (json === true) return printJson({ dropped: toJson(snapshot), needed, dryRun: dryRun === true });
  const which = `the snapshot ${snapshot.id} of change ${snapshot.place.position}`;
  print(dryRun === true ? `${which} would be taken away` : `${which} is taken away`);
  if (needed) print("the log goes on from it: no new machine can come to what the others did without it");
}

async function runCompact({ store, json, dryRun, ...options }: CompactOptions): Promise<void> {
  const how = { keep: options.keep, leaveBehind: options.dangerouslyLeaveMachinesBehind === true };
  await onCluster(store, "store compact", async (cluster, take, here) => {
    if (dryRun !== true) await mustCut(cluster);
    const made = dryRun === true ? undefined : await take();
    const cut = made === undefined ? { wouldMakeAt: here.position } : { made: made.id };
    const plan = await planCompact(cluster, { ...how, here: here.id, ...cut });
    const gone = dryRun === true ? 0 : await compactLog(cluster, plan);
    if (json === true) printJson(planJson(plan, gone));
    else printPlan(plan, dryRun === true ? null : gone);
  });
}

/** The machine that a verb runs on, and how far its replica is. */
interface Here {
  readonly id: string;
  readonly position: number;
}

/** With this machine's replica as far as the log is. */
async function onCluster(
  url: StoreUrl,
  verb: string,
  run: (cluster: Cluster, take: () => Promise<Snapshot>, here: Here) => Promise<void>,
): Promise<void> {
  const cluster = openClusterAt(url, processName(verb));
  try {
    await withStore(
      url,
      verb,
      async (store) => {
        const { file } = url.in(process.cwd());
        const replication = store.replication();
        if (file === null || replication === null)
          throw new HandclaspError("ERR_HANDCLASP_STORE_READ", "no replica");
        const { node, position } = replication;
        await run(cluster, () => takeSnapshot(cluster, { file, node: node.id }), { id: node.id, position });
      },
      { mustExist: true },
    );
  } finally {
    await cluster.close();
  }
}

function nothingToDrop(): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_USAGE", "--dry-run is about --drop ID");
}

function neededStill({ id }: Snapshot): HandclaspError {
  return new HandclaspError(
    "ERR_HANDCLASP_STATE",
    `the log goes on from the snapshot ${id}, and from no other`,
    {
      hint: "make one first (handclasp store snapshot), on a machine that has all of it",
    },
  );
}

const HEAD: readonly string[] = ["ID", "POSITION", "EVENTS", "DIGEST", "PARTS", "BYTES", "AT", "COUNTS"];
/** Enough to see whether two are the same. */
const SHORT = 12;
const SHORT_ID = 8;

/** So much of each id tells them apart: of those that are made in one minute, the beginnings are alike. */
function shortLength(snapshots: readonly Snapshot[]): number {
  let length = SHORT_ID;
  while (new Set(snapshots.map(({ id }) => id.slice(0, length))).size < snapshots.length) length++;
  return length;
}

function toCells(snapshot: Snapshot, idLength: number): readonly string[] {
  const { id, place, head, digest, parts, bytes, at, words, kept } = snapshot;
  const ways = [...(kept ? ["kept"] : []), ...words.map(({ way }) => way)].join(", ");
  return [
    id.slice(0, idLength),
    String(place.position),
    String(head.sequence),
    digest.slice(0, SHORT),
    String(parts),
    String(bytes),
    showTime(at),
    counts(snapshot) ? `yes (${ways})` : `no (${ways || "nobody"})`,
  ];
}

function toJson(snapshot: Snapshot): object {
  return { ...snapshot, at: toIsoTime(snapshot.at), counts: counts(snapshot) };
}

function planJson({ before, kept, others, dropped, leftBehind, heldBy }: CompactPlan, gone: number): object {
  return {
    before,
    gone,
    kept: kept.map(toJson),
    others: others.map(toJson),
    dropped: dropped.map(toJson),
    leftBehind: leftBehind.map(toPlaced),
    heldBy: heldBy.map(toPlaced),
  };
}

function toPlaced({ id, name, position }: KnownNode): object {
  return { id, name, position };
}

function printPlan(plan: CompactPlan, gone: number | null): void {
  const { before, kept, others, dropped, leftBehind, heldBy } = plan;
  for (const { name, position } of leftBehind) {
    print(`${showName(name)} is at change ${position}, and starts from a snapshot when it comes back`);
  }
  for (const { name, position } of heldBy) {
    print(`the log is kept for ${showName(name)}, which is at change ${position}`);
  }
  if (heldBy.length > 0) print("one that is gone for good: handclasp store nodes --forget MACHINE");
  const stay = kept.length + others.length;
  const begins = `${stay} ${stay === 1 ? "snapshot stays" : "snapshots stay"}, ${dropped.length} ${dropped.length === 1 ? "goes" : "go"}`;
  if (gone === null)
    print(`the log would begin with change ${Math.max(1, before)}; ${begins}, and a new one is made`);
  else
    print(
      `the log begins with change ${Math.max(1, before)}: ${gone} ${gone === 1 ? "change is" : "changes are"} gone; ${begins}`,
    );
}
