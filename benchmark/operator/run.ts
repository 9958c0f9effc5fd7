// What an operator's lists cost the server with 100 000 peers, 1 000 waiting, and 1 000 000 events.
//
//     node benchmark/operator/run.ts [FILE]       # keeps the store that it makes there, for the next run
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { ChainWatch } from "../../src/operator/chain-watch.ts";
import { compareTimes } from "../../src/operator/compare-times.ts";
import { toHealth } from "../../src/operator/health.ts";
import { toKeysInList } from "../../src/operator/listed-key.ts";
import { parseSearch } from "../../src/operator/search-text.ts";
import { toWaiting } from "../../src/operator/waiting.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import type { TrustStore } from "../../src/trust/port/trust-store.ts";
import { keptLargeStore, type LargeStore } from "../large-store.ts";
import { cpuSince, type Times, timesOf } from "../times-of.ts";

const PAGE = 100;

/** What is typed into the search of peers; each answer is a whole page of rows as programs get them. */
const SEARCHES: readonly string[] = [
  "s",
  "sensor",
  "sensor-013",
  "nobody is called so",
  "10.0.99.",
  "state:trusted",
  "state:revoked",
  "state:trusted sensor",
  'group:"group 0"',
  'group:"group 5" sensor',
  '-group:"group 0" state:trusted',
  'group:"group 0" -group:"group 1" anna',
  "source:rotation",
  "source:import state:trusted",
  "seen<1h",
  "seen<1d",
  "seen>30d",
  "seen:never",
  'state:trusted -group:"group 3" seen<30d anna',
];

/** CPU that something takes altogether, and at a stretch, in which everything else waits; milliseconds. */
async function stallOf(
  run: (pause: () => Promise<unknown>) => Promise<unknown>,
): Promise<{ readonly cpu: number; readonly stall: number }> {
  let stall = 0;
  const started = process.cpuUsage();
  let since = started;
  const pause = async (): Promise<void> => {
    stall = Math.max(stall, cpuSince(since));
    await setImmediate();
    since = process.cpuUsage();
  };
  await run(pause);
  stall = Math.max(stall, cpuSince(since));
  return { cpu: Math.round(cpuSince(started)), stall: Number(stall.toFixed(1)) };
}

async function measure(store: TrustStore, { now, pin }: LargeStore): Promise<object> {
  const searches: Record<string, Times> = {};
  for (const text of SEARCHES) {
    searches[text] = await timesOf(async () => {
      const { items } = await store.listKeys({ ...parseSearch(text, now), limit: PAGE });
      return toKeysInList(store, items, now);
    });
    say(`search ${text}`, searches[text]);
  }
  const pages: Record<string, Times> = {
    keys: await timesOf(async () => toKeysInList(store, (await store.listKeys({ limit: PAGE })).items, now)),
    // Those that wait have lapsed at `now`, but for those in conflict.
    waiting: await timesOf(() => toWaiting(store, now - 1, { limit: PAGE })),
    connections: await timesOf(() => store.listConnections({ limit: PAGE })),
    refusals: await timesOf(() => store.listRefusals({ limit: PAGE })),
    events: await timesOf(() => store.listEvents({ newestFirst: true, limit: PAGE })),
    "events of one key": await timesOf(() =>
      store.listEvents({ about: [pin], newestFirst: true, limit: PAGE }),
    ),
    groups: await timesOf(() => store.listGroups()),
    tokens: await timesOf(() => store.listTokens({ limit: PAGE })),
  };
  for (const [page, times] of Object.entries(pages)) say(page, times);
  const verified = await stallOf((pause) => new ChainWatch(store, pause).look());
  say("the chain verified", verified);
  const { sequence } = store.head();
  const compared = await stallOf((pause) =>
    compareTimes(store, { sequence: Math.floor(sequence / 2) }, { sequence }, pause),
  );
  say("two times compared", compared);
  const report = { head: store.head(), broken: null };
  const health = await timesOf(async () => toHealth(store, report, Date.now()));
  say("health", health);
  return { searches, pages, health, verified, compared };
}

function say(what: string, figures: object): void {
  console.error(`${what}: ${JSON.stringify(figures)}`);
}

const [kept] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "handclasp-bench-"));
try {
  const path = kept ?? join(folder, "large.db");
  const made = await keptLargeStore(path);
  await using store = openSqliteStore(path, { now: () => made.now });
  console.log(JSON.stringify(await measure(store, made)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
