import { AggregatorRegistry, type Metric, type MetricObject } from "prom-client";
import type { WorkerReport } from "./worker-message.ts";

/** Only what was added up stays true of a process that is gone. */
const KEPT = new Set(["counter", "histogram"]);

/** What workers that are gone had counted when they were last asked: without it, sums would go back. */
export class DepartedWorkers {
  #metrics: readonly object[] = [];

  get reports(): readonly WorkerReport[] {
    return this.#metrics.length === 0 ? [] : [{ metrics: this.#metrics, unready: null, departed: true }];
  }

  add({ metrics }: WorkerReport): void {
    const kept = (metrics as readonly MetricObject[]).filter(({ type }) => KEPT.has(String(type)));
    const all = [this.#metrics, kept].map((each) => [...each]) as Metric[][];
    const registry = AggregatorRegistry.aggregate(all);
    void registry.getMetricsAsJSON().then((sums) => (this.#metrics = sums));
  }
}
