import { Counter, type Registry } from "prom-client";

interface PolledCounterOptions<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly Label[];
  readonly registers: [Registry];
  /** What it stands at, by the values of its labels in their order. */
  readonly read: () => Iterable<readonly [values: readonly string[], count: number]>;
}

/** A counter that costs nothing until somebody asks. It never goes back, even when what it reads does for a moment. */
export function createPolledCounter<Label extends string>(
  options: PolledCounterOptions<Label>,
): Counter<Label> {
  const { name, help, labelNames, registers, read } = options;
  const highest = new Map<string, number>();
  return new Counter({
    name,
    help,
    labelNames,
    registers,
    collect() {
      for (const [values, count] of read()) {
        const key = JSON.stringify(values);
        const before = highest.get(key);
        highest.set(key, Math.max(before ?? 0, count));
        this.labels(...values).inc(Math.max(0, count - (before ?? 0)));
      }
    },
  });
}
