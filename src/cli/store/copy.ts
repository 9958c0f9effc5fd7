import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { Command } from "commander";
import { dataFolder } from "../../data-folder.ts";
import { HandclaspError } from "../../errors.ts";
import { auditProblem } from "../../operator/audit-problem.ts";
import { copyToCluster, leaveCluster } from "../../store/copy-store.ts";
import { openNewClusterAt } from "../../store/open-cluster.ts";
import { StoreUrl } from "../../trust/port/store-url.ts";
import { jsonOption } from "../command-line/json-option.ts";
import { print, printJson } from "../terminal/output.ts";
import { processName } from "../trust-store/process-name.ts";
import { withStore } from "../trust-store/with-store.ts";

/** `store copy FROM TO`. */
export function copyCommand(): Command {
  return new Command("copy")
    .description(
      "have a store in PostgreSQL begin with one in a file, or the other way round: its audit chain goes on",
    )
    .argument("<from>", "as for --store")
    .argument("<to>", "where nothing is yet in PostgreSQL, or a file that must not exist")
    .addOption(jsonOption())
    .action(run);
}

async function run(fromText: string, toText: string, { json }: { readonly json?: true }): Promise<void> {
  const [from, to] = [StoreUrl.parse(fromText, dataFolder), StoreUrl.parse(toText, dataFolder)];
  const { head, keys } =
    from.kind === "sqlite" && to.cluster !== null
      ? await toCluster(from, to)
      : from.cluster !== null && to.kind === "sqlite"
        ? await toFile(from, to)
        : refuse();
  if (json === true) printJson({ from: String(from), to: String(to), head, keys });
  else
    print(
      `${String(to)} has ${keys} ${keys === 1 ? "key" : "keys"}, and goes on from head ${head.sequence} ${head.hash}`,
    );
}

interface Copied {
  readonly head: { readonly sequence: number; readonly hash: string };
  /** How many that are not just waiting. */
  readonly keys: number;
}

async function toCluster(from: StoreUrl, to: StoreUrl): Promise<Copied> {
  return withStore(
    from,
    "store copy",
    async (store) => {
      const problem = auditProblem(store.audit());
      if (problem !== undefined) throw problem;
      const cluster = openNewClusterAt(to, processName("store copy"));
      try {
        const { head } = await copyToCluster(resolve(from.file ?? ""), cluster);
        const { pending: _pending, ...decided } = store.stats().keys;
        return { head, keys: sum(decided) };
      } finally {
        await cluster.close();
      }
    },
    { mustExist: true },
  );
}

async function toFile(from: StoreUrl, to: StoreUrl): Promise<Copied> {
  const path = resolve(to.file ?? "");
  if (existsSync(path)) {
    throw new HandclaspError("ERR_HANDCLASP_STORE_WRITE", `${path} is there already`, {
      hint: "a file that is there is not replaced: give another path",
    });
  }
  return withStore(
    from,
    "store copy",
    async (store) => {
      await store.backup(path);
      leaveCluster(path);
      const { pending: _pending, ...decided } = store.stats().keys;
      return { head: store.head(), keys: sum(decided) };
    },
    { mustExist: true },
  );
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((all, count) => all + count, 0);
}

function refuse(): never {
  throw new HandclaspError(
    "ERR_HANDCLASP_USAGE",
    "one of both has to be a file, and the other one in PostgreSQL",
    {
      hint: "for another file, handclasp store backup FILE",
    },
  );
}
