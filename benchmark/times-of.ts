/** What something costs each time. */
export interface Times {
  /** Milliseconds. */
  readonly median: number;
  readonly p99: number;
  /** Mean of the CPU's: what is left of it on a machine that others use as well. */
  readonly cpu: number;
}

/** What it costs once it is warm. */
export async function timesOf(run: () => Promise<unknown>, rounds = 41): Promise<Times> {
  await run();
  const millis: number[] = [];
  const before = process.cpuUsage();
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    await run();
    millis.push(performance.now() - started);
  }
  const cpu = Number((cpuSince(before) / rounds).toFixed(2));
  const sorted = millis.toSorted((one, other) => one - other);
  const at = (part: number): number =>
    Number((sorted[Math.min(rounds - 1, Math.floor(rounds * part))] ?? 0).toFixed(2));
  return { median: at(0.5), p99: at(0.99), cpu };
}

/** CPU since then; milliseconds. */
export function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
