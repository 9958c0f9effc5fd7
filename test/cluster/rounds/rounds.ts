import assert from "node:assert/strict";
import { openDatabase } from "../../../src/node-sqlite.ts";
import type { Standing } from "../../../src/store/replica/replica-reader.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";
import { decidedRows } from "../../store/replica/support/decided-rows.ts";
import { Seeded } from "../simulation/seeded.ts";
import { ClusterUnderTest, MAX_STALENESS_MS } from "./cluster-under-test.ts";
import type { NodeHandle } from "./node-handle.ts";
import { FAULTS, type RoundFault } from "./round-faults.ts";
import { Traffic } from "./traffic.ts";

export interface RoundsOptions {
  readonly seed: string;
  readonly rounds: number;
  /** How many changes a machine that is away misses; default 10 000. */
  readonly missed?: number;
  /** Parts of the names of the faults that are meant, with commas between; default all. */
  readonly only?: string;
  /** Whether what is missing here fails; default only in CI. */
  readonly isWhole?: boolean;
  readonly say?: (line: string) => void;
}

const BEFORE_MS = 300;
const SURE_MS = 60_000;
const JUDGED_AT_ONCE = 500;
/** A revocation is everywhere within this, or a machine knows that it cannot know. */
const BOUND_MS = MAX_STALENESS_MS + 2000;
/** What a busy machine may take longer. */
const SLACK_MS = 3000;

/** Puts a cluster of processes through faults in an order that a seed gives. Throws what does not hold, and how to see it again. */
export async function runRounds(options: RoundsOptions): Promise<void> {
  const { seed, rounds, say = () => undefined } = options;
  const chance = new Seeded(seed);
  const parts = (options.only ?? "").split(",");
  const faults = FAULTS.filter((fault) => isMeant(fault, parts) && isHere(fault, options));
  await using cluster = await ClusterUnderTest.open(chance, say);
  const known: Known = { greeted: new Set(), revoked: new Set() };
  let order: readonly RoundFault[] = [];
  for (let round = 1; round <= rounds; round++) {
    // Each of them before any of them comes again.
    if (order.length === 0) order = shuffled(faults, chance);
    const [fault, ...rest] = order;
    order = rest;
    if (fault === undefined) return;
    const began = performance.now();
    say(`round ${round}: ${fault.name}`);
    try {
      const became = await oneRound(cluster, {
        fault,
        chance,
        round,
        known,
        missed: options.missed ?? 10_000,
      });
      say(`  ${became}; ${Math.round(performance.now() - began)} ms in all`);
    } catch (error) {
      const again = `npm run test:cluster -- --rounds ${rounds} --seed ${seed}`;
      throw new Error(`round ${round}, ${fault.name}: ${(error as Error).message} (again: ${again})`, {
        cause: error,
      });
    }
  }
}

interface Known {
  readonly greeted: Set<KeyPin>;
  readonly revoked: Set<KeyPin>;
}

interface Round {
  readonly fault: RoundFault;
  readonly chance: Seeded;
  readonly round: number;
  readonly known: Known;
  readonly missed: number;
}

async function oneRound(
  cluster: ClusterUnderTest,
  { fault, chance, round, known, missed }: Round,
): Promise<string> {
  const traffic = new Traffic({
    nodes: cluster.nodes,
    chance,
    label: `${round}-`,
    boundMs: BOUND_MS + SLACK_MS,
    answeredMs: cluster.patienceMs,
  });
  const running = traffic.run();
  try {
    await pause(BEFORE_MS);
    await fault.happen({ cluster, node: chance.pick(cluster.nodes), chance, missed });
    await pause(BEFORE_MS);
  } finally {
    cluster.heal();
    traffic.end();
  }
  const healed = performance.now();
  const since = (): number => Math.round(performance.now() - healed);
  await running;
  const answered = since();
  const all = await cluster.settled();
  const settled = since();
  for (const pin of traffic.greeted.keys()) known.greeted.add(pin);
  for (const pin of traffic.revoked.keys()) known.revoked.add(pin);
  if (cluster.hasLost) forgetLost(cluster, known);
  assert.deepEqual(traffic.problems, []);
  assert.deepEqual(
    cluster.nodes.flatMap(({ crashes }) => crashes),
    [],
  );
  checkAgreement(cluster, all);
  await checkKeys(cluster, known);
  return `position ${cluster.log.position}, all answered ${answered} ms after it was over, all equal after ${settled} ms`;
}

/** Whoever was greeted by what the log lost is told so by its machines; whoever was revoked stays so. */
function forgetLost(cluster: ClusterUnderTest, { greeted }: Known): void {
  const { expected, position } = cluster.log;
  for (const pin of greeted) if (expected.stateAt(pin, position) === undefined) greeted.delete(pin);
  cluster.hasLost = false;
}

/** One chain, equal digests, equal rows. */
function checkAgreement(cluster: ClusterUnderTest, all: readonly Standing[]): void {
  for (const one of all) assert.deepEqual(one, all[0]);
  const rows = cluster.nodes.map(({ replica }) => {
    const database = openDatabase(replica, { readOnly: true });
    try {
      assert.deepEqual(
        database
          .prepare(
            "SELECT name_key FROM keys WHERE state = 'trusted' AND name_key GLOB 'peer-*' GROUP BY name_key HAVING count(*) > 1",
          )
          .all(),
        [],
        "no name has two keys",
      );
      return decidedRows(database);
    } finally {
      database.close();
    }
  });
  for (const other of rows.slice(1)) assert.deepEqual(other, rows[0]);
}

/** Nobody who was greeted is unknown anywhere, and nobody who was revoked is let in anywhere. */
async function checkKeys(cluster: ClusterUnderTest, { greeted, revoked }: Known): Promise<void> {
  const { expected, position } = cluster.log;
  const pins = [...expected.keys];
  for (const pin of greeted)
    assert.ok(expected.stateAt(pin, position), `${pin} was greeted, and is in the log`);
  for (const pin of revoked) assert.equal(expected.stateAt(pin, position), "revoked");
  for (const node of cluster.nodes) {
    const states = await judgedBy(node, pins);
    for (const [at, pin] of pins.entries()) {
      const wanted = expected.stateAt(pin, position);
      assert.equal(states[at], wanted, `${pin} at ${node.name}`);
    }
  }
}

/** Once it is sure of what it knows again. Some at a time: while it looks them up, it hears of nothing. */
async function judgedBy(node: NodeHandle, pins: readonly KeyPin[]): Promise<readonly string[]> {
  const all: string[] = [];
  let since = performance.now();
  while (all.length < pins.length) {
    const states = await node.judge(pins.slice(all.length, all.length + JUDGED_AT_ONCE));
    if (!states.includes("unavailable")) {
      all.push(...states);
      since = performance.now();
      continue;
    }
    if (performance.now() - since > SURE_MS)
      throw new Error(`${node.name} is not sure of what it knows any more`);
    await pause(50);
  }
  return all;
}

function isMeant({ name }: RoundFault, parts: readonly string[]): boolean {
  return parts.some((part) => name.includes(part));
}

function isHere(
  { name, missing }: RoundFault,
  { isWhole = process.env["CI"] === "true", say }: RoundsOptions,
): boolean {
  if (missing === undefined) return true;
  const what = `left out, since ${missing} is missing: ${name}`;
  if (isWhole) throw new Error(what);
  say?.(what);
  return false;
}

function shuffled<T>(list: readonly T[], chance: Seeded): readonly T[] {
  return list
    .map((one) => ({ one, place: chance.next() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ one }) => one);
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
