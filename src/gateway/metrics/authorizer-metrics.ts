import { Counter, Histogram, Registry } from "prom-client";
import type { Happenings } from "../../trust/happenings/happenings.ts";
import { REFUSAL_REASONS } from "../../trust/judging/alerts.ts";
import { AUTHORIZER } from "../../trust/records/sighting.ts";
import type { WorkerReport } from "../workers/worker-message.ts";
import { countPushes } from "./push-metrics.ts";
import { FIRST_USES, REFUSALS } from "./shared-metrics.ts";

/** Nearly all are known, and answered within the first. */
const BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

/** Counts what a gateway's authorizer does, beside what its listeners do. */
export class AuthorizerMetrics implements Disposable {
  readonly #registry = new Registry();
  readonly #unsubscribe: () => void;
  readonly #stopPushes: () => void;

  constructor(happenings: Happenings) {
    const registers: [Registry] = [this.#registry];
    const refusals = new Counter({ ...REFUSALS, registers });
    const firstUses = new Counter({ ...FIRST_USES, registers });
    const admitted = new Histogram({
      name: "handclasp_authorizer_seconds",
      help: "From a proxy's question to the answer that lets its client in.",
      buckets: BUCKETS,
      registers,
    });
    this.#stopPushes = countPushes(happenings, registers);
    // So that they are there, at 0, before anything happens: what begins at 1 has not increased for Prometheus.
    firstUses.inc({ listener: AUTHORIZER }, 0);
    for (const reason of REFUSAL_REASONS) refusals.inc({ listener: AUTHORIZER, reason }, 0);
    this.#unsubscribe = happenings.subscribe(["met", "rotated", "recognised", "refused"], (happening) => {
      if (happening.type === "refused") {
        refusals.inc({ listener: AUTHORIZER, reason: happening.reason });
        return;
      }
      if (happening.type === "met") firstUses.inc({ listener: AUTHORIZER });
      admitted.observe(happening.durationMs / 1000);
    });
  }

  async report(): Promise<WorkerReport> {
    return { metrics: await this.#registry.getMetricsAsJSON() };
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
    this.#stopPushes();
  }
}
