import type { Metric, MetricObject } from "prom-client";
import type { WorkerReport } from "./worker-message.ts";

/** Only what was added up stays true of a process that is gone. */
const KEPT = new Set(["counter", "histogram"]);

/** What workers that are gone had counted when they were last asked: without it, sums would go back. */
export class DepartedWorkers {
  #sums: Promise<readonly object[]> = Promise.resolve([]);

  /** None, or one that stands for all of them. */
  async reports(): Promise<readonly WorkerReport[]> {
    const metrics = await this.#sums;
    return metrics.length === 0 ? [] : [{ metrics }];
  }

  add({ metrics }: WorkerReport): void {
    const kept = (metrics as readonly MetricObject[]).filter(({ type }) => KEPT.has(String(type)));
    if (kept.length === 0) return;
    this.#sums = this.#sums.then(async (sums) => {
      const { AggregatorRegistry } = await import("prom-client");
      const all = [sums, kept].map((each) => [...each]) as Metric[][];
      return AggregatorRegistry.aggregate(all).getMetricsAsJSON();
    });
  }
}
