// What every verb prints as JSON, by this checkout and by another one, over the same stores.
//
//     node scripts/compare-json.ts v1.2.0            # a revision, checked out into a temporary folder
//     node scripts/compare-json.ts ../other          # a checkout with its node_modules
//     node scripts/compare-json.ts v1.2.0 --only "trust list"
//
// The other checkout makes the stores. Both get copies of them, side by side. What is not the same and not written down
// as meant in `compare-json/expected.ts` is printed, and the exit code is 1.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parseArgs } from "node:util";
import { answerOf } from "./compare-json/answer.ts";
import { type Story, storiesOf } from "./compare-json/command-lines.ts";
import { differences, masked } from "./compare-json/differences.ts";
import { reasonFor } from "./compare-json/expected.ts";
import { type MadeStore, makeEmptyStore, makeStore } from "./compare-json/make-store.ts";

const here = resolve(import.meta.dirname, "..");
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { only: { type: "string", default: "" } },
});
const [other] = positionals;
if (other === undefined) throw new Error("name a revision or another checkout");

const scratch = realpathSync(mkdtempSync(join(tmpdir(), "handclasp-compare-")));
const checkout = join(scratch, "checkout");
const cache = join(scratch, "cache");
const isCheckout = existsSync(join(other, "src/cli/main.ts"));
try {
  process.exitCode = await compareWith(isCheckout ? resolve(other) : checkOut(other));
} finally {
  if (existsSync(checkout)) git("worktree", "remove", "--force", checkout);
  rmSync(scratch, { recursive: true, force: true });
}

async function compareWith(former: string): Promise<number> {
  const startedAt = Date.now();
  const made = await makeStores(former, startedAt);
  const met = new Set<string>();
  const shown = new Set<string>();
  let compared = 0;
  let unexpected = 0;
  for (const [at, story] of storiesOf(made).entries()) {
    if (!story.steps[0]?.join(" ").startsWith(values.only)) continue;
    const folders = [copyStore(story, `${at}a`, made), copyStore(story, `${at}b`, made)] as const;
    for (const step of story.steps) {
      const line = step.join(" ");
      const [before, after] = await Promise.all(
        ([former, here] as const).map(async (tree, which) => {
          const folder = folders[which] ?? "";
          const answer = await answerOf(tree, folder, [...step, "--json"], cache);
          const lastEvent = isNew(story) ? 0 : made.lastEvent;
          return masked(answer, { folder, startedAt, lastEvent });
        }),
      );
      compared++;
      if (before === undefined || after === undefined) continue;
      for (const difference of differences(before, after)) {
        const reason = reasonFor(line, difference);
        if (reason !== undefined) met.add(`${difference.field}: ${reason}`);
        else {
          unexpected++;
          const { field, before: was, after: is } = difference;
          const found = `${field}\n  - ${show(was)}\n  + ${show(is)}`;
          const verb = step.slice(0, line.startsWith("explain") ? 1 : 2).join(" ");
          // The same in many places is shown once.
          if (!shown.has(verb + found)) console.log(`${line} (${story.store} store)\n  ${found}`);
          shown.add(verb + found);
        }
      }
    }
    for (const folder of folders) rmSync(folder, { recursive: true });
  }
  for (const line of [...met].toSorted()) console.error(`as it should be: ${line}`);
  console.error(`${compared} command lines, ${unexpected} differences that are not meant`);
  return unexpected === 0 ? 0 : 1;
}

/** The full store, and `empty.db` and `edited.db` beside it. */
async function makeStores(former: string, now: number): Promise<MadeStore> {
  const folder = join(scratch, "made");
  mkdirSync(folder);
  const made = await makeStore(former, folder, now);
  await makeEmptyStore(former, join(folder, "empty.db"));
  const edited = join(folder, "edited.db");
  cpSync(made.path, edited);
  const database = new DatabaseSync(edited);
  database.exec("UPDATE keys SET state = 'trusted' WHERE state = 'revoked'");
  database.exec("DELETE FROM group_members WHERE group_key = 'ops'");
  database.close();
  return made;
}

function isNew({ store }: Story): boolean {
  return store === "empty" || store === "none";
}

function copyStore({ store }: Story, name: string, { path }: MadeStore): string {
  const made = join(scratch, "made");
  const folder = join(scratch, name);
  mkdirSync(folder);
  cpSync(join(made, "files"), join(folder, "files"), { recursive: true });
  if (store === "none") return folder;
  const copy = join(folder, "trust.db");
  cpSync(store === "full" ? path : join(made, `${store}.db`), copy);
  const database = new DatabaseSync(copy);
  database.prepare("UPDATE runs SET beat = ?").run(Date.now());
  database.close();
  return folder;
}

function checkOut(revision: string): string {
  git("worktree", "add", "--detach", checkout, revision);
  symlinkSync(join(here, "node_modules"), join(checkout, "node_modules"));
  return checkout;
}

function git(...args: readonly string[]): void {
  execFileSync("git", args, { cwd: here, stdio: ["ignore", "ignore", "inherit"] });
}

function show(value: unknown): string {
  return value === undefined ? "(nothing)" : JSON.stringify(value);
}
