import assert from "node:assert/strict";
import { Seeded } from "../simulation/seeded.ts";
import { ClusterUnderTest, MAX_STALENESS_MS } from "./cluster-under-test.ts";
import { RoundChecks } from "./round-checks.ts";
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
/** Everything is compared after each so many rounds, and after the last. */
const WHOLE_EACH = 10;
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
  const checks = new RoundChecks(cluster);
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
        checks,
        isWhole: round % WHOLE_EACH === 0 || round === rounds,
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

interface Round {
  readonly fault: RoundFault;
  readonly chance: Seeded;
  readonly round: number;
  readonly checks: RoundChecks;
  /** Whether everything is compared after it, or what was touched since that was done last. */
  readonly isWhole: boolean;
  readonly missed: number;
}

async function oneRound(
  cluster: ClusterUnderTest,
  { fault, chance, round, checks, isWhole, missed }: Round,
): Promise<string> {
  const traffic = new Traffic({
    nodes: cluster.nodes,
    chance,
    label: `${round}-`,
    boundMs: BOUND_MS + SLACK_MS,
    answeredMs: cluster.patienceMs,
    lostAt: () => cluster.lostAt,
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
  checks.promised(traffic);
  assert.deepEqual(traffic.problems, []);
  assert.deepEqual(
    cluster.nodes.flatMap(({ crashes }) => crashes),
    [],
  );
  const compared = await checks.check(all, isWhole);
  const checked = since() - settled;
  return `position ${cluster.log.position}, all answered ${answered} ms after it was over, all equal after ${settled} ms, ${compared} compared in ${checked} ms`;
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
