import { resolve } from "node:path";
import { Command, Option } from "commander";
import { HandclaspError } from "../../errors.ts";
import { MOST_STEPS, type RestoreReport } from "../../operator/restore-store.ts";
import { whyOnItsWord } from "../../operator/restore/backup-chain.ts";
import type { RestoreStep } from "../../operator/restore/restore-plan.ts";
import { openBackup } from "../../store/open-backup.ts";
import { realStorePath } from "../../store/sqlite/file/real-store-path.ts";
import { toKeyId } from "../../trust/naming/key-id.ts";
import type { StoreUrl } from "../../trust/port/store-url.ts";
import { jsonOption } from "../command-line/json-option.ts";
import { storeOption } from "../command-line/store-option.ts";
import { print, printJson, showName, table } from "../terminal/output.ts";
import { withStore } from "../trust-store/with-store.ts";

interface Options {
  readonly store: StoreUrl;
  readonly json?: true;
  readonly dryRun?: true;
  readonly dangerouslyFromAnotherChain?: true;
}

/** `store restore FILE`. */
export function restoreCommand(): Command {
  return new Command("restore")
    .description(
      "lead trust back to what a backup says, while the store is in use; what was revoked, retired or ignored since stays so",
    )
    .argument("<file>", "what `store backup` wrote")
    .option("-n, --dry-run", "say what would be done, and do nothing")
    .addOption(
      new Option(
        "--dangerously-from-another-chain",
        "take a backup that does not belong to this store, or goes on beyond its end, on its word alone",
      ),
    )
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(run);
}

async function run(file: string, { store: url, json, dryRun, ...flags }: Options): Promise<void> {
  const path = resolve(file);
  mustBeAnother(path, url);
  await using backup = openBackup(path);
  const isDry = dryRun === true;
  await withStore(
    url,
    "store restore",
    async (_store, operator) => {
      const report = await operator.restore(backup.store, {
        dryRun: isDry,
        dangerouslyFromAnotherChain: flags.dangerouslyFromAnotherChain === true,
      });
      if (json === true) printJson(toJson(report, path, isDry));
      else printReport(report, isDry);
    },
    isDry ? { reads: true } : { mustExist: true },
  );
}

function mustBeAnother(path: string, url: StoreUrl): void {
  const { file } = url.in(process.cwd());
  if (file === null || realStorePath(file) !== realStorePath(path)) return;
  throw new HandclaspError("ERR_HANDCLASP_USAGE", `${path} is the store itself`, {
    hint: "give a file that handclasp store backup wrote",
  });
}

function toJson(report: RestoreReport, file: string, dryRun: boolean): object {
  const { backup, before, after, closesWindow, totals, steps, chain } = report;
  const told = steps.map(({ pin, ...step }) => ({ ...step, keyId: pin === null ? null : toKeyId(pin), pin }));
  return { file, dryRun, backup, before, after, closesWindow, totals, steps: told, chain };
}

const WORDS: Readonly<Record<RestoreStep["what"], string>> = {
  trusted: "trusted again",
  waiting: "waits for approval",
  barred: "refused again",
  changed: "as it was called and ended",
  kept: "stays",
  group: "group",
  token: "cancelled",
};

function printReport(
  { backup, before, after, closesWindow, totals, steps, chain }: RestoreReport,
  isDry: boolean,
): void {
  if (steps.length > 0) print(table(steps.map(rowOf)));
  const all = Object.values(totals).reduce((sum, count) => sum + count, 0);
  if (all > MOST_STEPS) print(`and ${all - MOST_STEPS} more`);
  if (closesWindow) print("the window of first use is closed");
  const { trusted, waiting, barred, changed, kept, groups, tokens } = totals;
  const counts = [
    `${trusted} trusted again`,
    `${waiting} wait for approval`,
    `${barred} refused again`,
    `${changed} called or ended as before`,
    `${kept} stay revoked, retired or ignored`,
    `${groups} moved between groups`,
    `${tokens} tokens cancelled`,
  ];
  print(`${isDry ? "would lead" : "led"} back to event ${backup.sequence}: ${counts.join(", ")}`);
  const why = whyOnItsWord(chain, { backup, before });
  if (why !== undefined) print(isDry ? `${why}. Doing this takes --dangerously-from-another-chain` : why);
  if (isDry) print("nothing was changed");
  else if (after.sequence === before.sequence) print("there was nothing to do");
  else print(`events ${before.sequence + 1} to ${after.sequence}, head ${after.sequence} ${after.hash}`);
}

function rowOf({ what, pin, name, before, after, of }: RestoreStep): readonly string[] {
  const about = pin === null ? (of ?? "") : toKeyId(pin);
  const change = before === after ? after : `${before ?? "not there"} -> ${after}`;
  return [WORDS[what], about, showName(name ?? ""), change];
}
