import { Counter, Gauge, type Registry } from "prom-client";
import type { Happenings } from "../../trust/happenings/happenings.ts";

/** Counts how proxies that are told of changes are kept in step. Returns how to stop. */
export function countPushes(happenings: Happenings, registers: [Registry]): () => void {
  const inStep = new Gauge({
    name: "handclasp_push_in_step",
    help: "1 while a proxy has what the trust store says, 0 while it cannot be told.",
    labelNames: ["push"],
    registers,
  });
  const failures = new Counter({
    name: "handclasp_push_failures_total",
    help: "Times that a proxy could not be told any more.",
    labelNames: ["push"],
    registers,
  });
  const cuts = new Counter({
    name: "handclasp_push_cuts_total",
    help: "Connections and requests that a proxy was told to end.",
    labelNames: ["push"],
    registers,
  });
  return happenings.subscribe(["push-in-step", "push-failed", "push-cut"], ({ type, push }) => {
    // At 0 before anything happens: what begins at 1 has not increased for Prometheus.
    failures.inc({ push }, type === "push-failed" ? 1 : 0);
    cuts.inc({ push }, type === "push-cut" ? 1 : 0);
    if (type !== "push-cut") inStep.set({ push }, type === "push-in-step" ? 1 : 0);
  });
}
