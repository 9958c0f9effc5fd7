import { monitorEventLoopDelay } from "node:perf_hooks";
import { Gauge, type Registry } from "prom-client";
import type { Guard } from "../../guard/guard.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";

interface GaugeSources {
  readonly registry: Registry;
  readonly store: TrustStore;
  readonly guards: () => Iterable<{ readonly listener: string; readonly guard: Guard }>;
}

/** Counting all keys of a large store takes a while. */
const STORE_EVERY_MS = 10_000;
const NANOS = 1e9;
const EVERY_MS = 10;

/** What stands at some value now. Returns how to stop. */
export function addGauges({ registry, store, guards }: GaugeSources): () => void {
  const connections = new Gauge({
    name: "handclasp_connections",
    help: "Connections now: in their handshake, or open.",
    labelNames: ["listener", "state"],
    registers: [],
    collect() {
      this.reset();
      for (const { listener, guard } of guards()) {
        this.inc({ listener, state: "handshake" }, guard.handshakes);
        this.inc({ listener, state: "open" }, Array.from(guard.connections).length);
      }
    },
  });
  const countKeys = keyCounter(store);
  const known = new Gauge({
    name: "handclasp_keys",
    help: "Keys in the trust store by state; pending ones wait for a review.",
    labelNames: ["state"],
    registers: [],
    aggregator: "max",
    collect() {
      for (const [state, count] of Object.entries(countKeys())) this.set({ state }, count);
    },
  });
  const delay = monitorEventLoopDelay({ resolution: EVERY_MS });
  delay.enable();
  const lateness = new Gauge({
    name: "handclasp_event_loop_delay_seconds",
    help: "How late the event loop came since somebody asked last; of the slowest process.",
    labelNames: ["quantile"],
    registers: [],
    aggregator: "max",
    collect() {
      for (const percent of [50, 99, 100]) {
        // Times between two ticks of its timer, and so never less than that.
        const late = delay.percentile(percent) / NANOS - EVERY_MS / 1000;
        this.set({ quantile: String(percent / 100) }, Math.max(0, late));
      }
      delay.reset();
    },
  });
  for (const gauge of [connections, known, lateness]) registry.registerMetric<string>(gauge);
  return () => delay.disable();
}

/** Counts at most every ten seconds; an unavailable store keeps the last counts. */
function keyCounter(store: TrustStore): () => Readonly<Record<string, number>> {
  let keys: Readonly<Record<string, number>> = {};
  let countedAt = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (now - countedAt < STORE_EVERY_MS) return keys;
    countedAt = now;
    try {
      ({ keys } = store.stats());
    } catch {
      // Whether the store is there, `/readyz` says.
    }
    return keys;
  };
}
