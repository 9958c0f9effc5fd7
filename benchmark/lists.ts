// How long one page of each list takes on a large store, and how much memory that is above the same on an empty one.
//
//     node benchmark/lists.ts [FILE]       # keeps the store that it makes there, for the next run
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { main } from "../src/cli/main.ts";
import { openSqliteStore } from "../src/store/sqlite/sqlite-store.ts";
import { nameKey } from "../src/trust/naming/peer-name.ts";
import type { Page, PageFilter } from "../src/trust/port/page.ts";
import type { TrustStore } from "../src/trust/port/trust-store.ts";
import { fillStore } from "./fill-store.ts";
import { keptLargeStore, type LargeStore } from "./large-store.ts";
import { timesOf } from "./times-of.ts";

type Read = (store: TrustStore, made: LargeStore) => Promise<unknown>;

const DAY = 24 * 3600 * 1000;
const ROUNDS = 21;

/** What each verb reads, for what it can be asked. */
const READS: Readonly<Record<string, Readonly<Record<string, Read>>>> = {
  "trust list": {
    "the first page": (store) => store.listKeys(),
    "--state pending": (store) => store.listKeys({ state: "pending" }),
    "--state ignored": (store) => store.listKeys({ state: "ignored" }),
  },
  "trust list --search": {
    "of many": (store) => store.listKeys({ search: "sensor" }),
    "of one": (store, { peer }) => store.listKeys({ search: peer }),
    "of nobody": (store) => store.listKeys({ search: "nobody is called so" }),
    "of an address": (store) => store.listKeys({ search: "10.0.99." }),
    "of a key id": (store, { pin }) => store.listKeys({ search: pin.slice(7, 20) }),
  },
  "trust show": {
    "a peer of a thousand events": async (store, { pin, peer }) => [
      store.keysOfName(nameKey(peer)),
      await store.listCertificates(pin),
      await store.listRefusals({ of: { pins: [pin], peers: [] } }),
      await store.listEvents({ about: [pin] }),
    ],
  },
  "trust connections": {
    "the first page": (store) => store.listConnections(),
    "--search of a peer": (store, { peer }) => store.listConnections({ search: peer }),
    "--search of nobody": (store) => store.listConnections({ search: "nobody is called so" }),
  },
  "trust events": {
    "the first page": (store) => store.listEvents(),
    "--after half of them": (store) => store.listEvents({ after: "500000" }),
    "--type met": (store) => store.listEvents({ type: "met" }),
    "--type of which there is none": (store) => store.listEvents({ type: "stale-key-seen" }),
    "--peer": (store, { pin, peer }) => store.listEvents({ about: [pin, peer] }),
    "--since yesterday": (store, { now }) => store.listEvents({ since: now - DAY }),
    "--since half a year --type revoked": (store, { now }) =>
      store.listEvents({ since: now - 180 * DAY, type: "revoked" }),
    "--until a year ago": (store, { now }) => store.listEvents({ until: now - 370 * DAY }),
    "--search of one": (store, { peer }) => store.listEvents({ search: peer }),
    "--search of many": (store) => store.listEvents({ search: "sensor" }),
    "--search of nobody": (store) => store.listEvents({ search: "nobody is called so" }),
  },
  refusals: {
    "the first page": (store) => store.listRefusals(),
    "--since an hour": (store, { now }) => store.listRefusals({ since: now - DAY / 24 }),
    "--peer": (store, { pin, peer }) => store.listRefusals({ of: { pins: [pin], peers: [nameKey(peer)] } }),
    "--reason": (store) => store.listRefusals({ reason: "not-allowed" }),
    "--address": (store) => store.listRefusals({ network: "192.0.2.0/24" }),
    "--listener": (store) => store.listRefusals({ listener: "none" }),
    "--search of nobody": (store) => store.listRefusals({ search: "nobody is called so" }),
  },
  "token list": {
    "the first page": (store) => store.listTokens(),
    "--search of nobody": (store) => store.listTokens({ search: "nobody is called so" }),
  },
  "group list": {
    "the first page": (store) => store.listMembers(),
    "one group": (store) => store.listMembers({ groupKey: "group 1" }),
    "--search of nobody": (store) => store.listMembers({ search: "nobody is called so" }),
  },
};

/** Where the last page of a list begins. */
async function lastOf<T>(list: (page: PageFilter) => Promise<Page<T>>): Promise<PageFilter> {
  const limit = 1000;
  let page = await list({ limit });
  let after = page.next;
  while (page.next !== null) {
    after = page.next;
    page = await list({ limit, after });
  }
  return after === null ? {} : { after };
}

interface Cost {
  /** Median of the time on the wall, in milliseconds. */
  readonly millis: number;
  /** Mean of the CPU's: what is left of it on a machine that others use as well. */
  readonly cpuMillis: number;
}

async function costOf(read: () => Promise<unknown>): Promise<Cost> {
  const { median, cpu } = await timesOf(read, ROUNDS);
  return { millis: median, cpuMillis: cpu };
}

/** What this process took at most, in KiB. The system's `maxrss` would begin at what the process that started it took. */
function peakMemory(): number {
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
  return Number(peak?.[1]);
}

/** Peak memory of a process that opens a store and reads once; KiB. */
function memory(path: string, verb: string, what: string, made: LargeStore): number {
  const args = [import.meta.filename, "--once", path, verb, what, JSON.stringify(made)];
  return Number(execFileSync(process.execPath, args, { encoding: "utf8" }));
}

async function readOnce([path = "", verb = "", what = "", made = ""]: readonly string[]): Promise<void> {
  const large = JSON.parse(made) as LargeStore;
  await using store = openSqliteStore(path, { now: () => large.now });
  await READS[verb]?.[what]?.(store, large);
  console.log(peakMemory());
}

/** Peak memory of a process that prints all keys, for nobody; MB. */
function memoryOfPrinting(path: string): number {
  const args = [import.meta.filename, "--print", path];
  const stdio = ["ignore", "ignore", "pipe"] as const;
  const { stderr } = spawnSync(process.execPath, args, { encoding: "utf8", stdio: [...stdio] });
  return Number((Number(stderr.trim().split("\n").at(-1)) / 1024).toFixed(1));
}

async function print([path = ""]: readonly string[]): Promise<void> {
  const code = await main(["trust", "list", "--store", path]);
  if (code !== 0) throw new Error(`trust list ended with ${code}`);
  console.error(peakMemory());
}

async function measure(kept: string | undefined): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "handclasp-bench-"));
  try {
    const path = kept ?? join(folder, "large.db");
    const made = await keptLargeStore(path);
    const empty = join(folder, "empty.db");
    await openSqliteStore(empty).close();
    await using store = openSqliteStore(path, { now: () => made.now });
    const lists: Record<string, Record<string, Cost & { megabytes: number | null }>> = {};
    for (const [verb, reads] of Object.entries(READS)) {
      lists[verb] = {};
      let base: number | undefined;
      for (const [what, read] of Object.entries(reads)) {
        base ??= memory(empty, verb, what, made);
        const megabytes = Number(((memory(path, verb, what, made) - base) / 1024).toFixed(1));
        const cost = await costOf(() => read(store, made));
        lists[verb][what] = { ...cost, megabytes };
        console.error(`${verb} ${what}: ${cost.millis} ms, ${cost.cpuMillis} ms of CPU, ${megabytes} MB`);
      }
    }
    const whole = {
      "trust list": store.listKeys.bind(store),
      "trust connections": store.listConnections.bind(store),
      "token list": store.listTokens.bind(store),
      "group list": store.listMembers.bind(store),
    };
    for (const [verb, list] of Object.entries(whole)) {
      const filter = await lastOf<unknown>(list);
      const cost = await costOf(() => list(filter));
      lists[verb] = { ...lists[verb], "the last page": { ...cost, megabytes: null } };
      console.error(`${verb} the last page: ${cost.millis} ms, ${cost.cpuMillis} ms of CPU`);
    }
    const small = join(folder, "small.db");
    await fillStore(small, 1000);
    const printing = { ofThousand: memoryOfPrinting(small), ofAll: memoryOfPrinting(path) };
    console.error(`all printed: ${printing.ofAll} MB; of 1 000 peers ${printing.ofThousand} MB`);
    console.log(JSON.stringify({ lists, printing }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [first, ...rest] = process.argv.slice(2);
if (first === "--once") await readOnce(rest);
else if (first === "--print") await print(rest);
else await measure(first);
