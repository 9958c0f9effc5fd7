// How many first uses one process makes durable in a second, and what known clients feel of it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteStore } from "../src/store/sqlite/sqlite-store.ts";
import { Trust } from "../src/trust/trust.ts";
import type { CertificateFacts } from "../src/x509/certificate-facts.ts";
import { randomFacts } from "./random-facts.ts";

const UNLIMITED = { burst: Number.MAX_SAFE_INTEGER / 1e6, perSecond: 1e6 };
const IN_FLIGHT = 200;
const STEADY_PER_SECOND = 1000;

const count = Number(process.argv[2] ?? 5000);
const folder = mkdtempSync(join(tmpdir(), "handclasp-bench-"));
const store = openSqliteStore(join(folder, "trust.db"));
const trust = new Trust(store, {
  policy: { firstUse: "accept" },
  limits: { perNetwork: UNLIMITED, overall: UNLIMITED },
  now: Date.now,
  process: `bench ${process.pid}`,
});

async function meet(certificate: CertificateFacts): Promise<void> {
  const showing = { certificate, caSigned: false, remoteAddress: "192.0.2.1" };
  const verdict = trust.judge(showing);
  const settled = verdict.decision === "claim" ? await trust.settle(verdict, showing) : verdict;
  if (settled.decision !== "admit") throw new Error(`not admitted: ${settled.reason}`);
}

const known = randomFacts("known");
await meet(known);

/** Judges a known client every millisecond and notes how late it was served and how long that took. */
function watchKnown(): () => { p50: number; p99: number } {
  const micros: number[] = [];
  let due = performance.now() + 1;
  const timer = setInterval(() => {
    const late = Math.max(0, performance.now() - due);
    const started = performance.now();
    trust.judge({ certificate: known, caSigned: false, remoteAddress: "192.0.2.1" });
    micros.push((late + performance.now() - started) * 1000);
    due = performance.now() + 1;
  }, 1);
  return () => {
    clearInterval(timer);
    micros.sort((a, b) => a - b);
    return { p50: at(micros, 0.5), p99: at(micros, 0.99) };
  };
}

function at(sorted: readonly number[], part: number): number {
  return Math.round(sorted[Math.floor((sorted.length - 1) * part)] ?? 0);
}

const quiet = watchKnown();
await new Promise((resolve) => setTimeout(resolve, 1000));
const knownQuiet = quiet();

const facts = Array.from({ length: count }, (_, index) => randomFacts(`peer-${index}`));
const started = performance.now();
let next = 0;
await Promise.all(
  Array.from({ length: IN_FLIGHT }, async () => {
    for (let mine = facts[next++]; mine !== undefined; mine = facts[next++]) await meet(mine);
  }),
);
const seconds = (performance.now() - started) / 1000;

const busy = watchKnown();
const steadyStart = performance.now();
const steady: Promise<void>[] = [];
while (steady.length < 2 * STEADY_PER_SECOND) {
  const dueByNow = ((performance.now() - steadyStart) / 1000) * STEADY_PER_SECOND;
  while (steady.length < dueByNow) steady.push(meet(randomFacts(`steady-${steady.length}`)));
  await new Promise((resolve) => setTimeout(resolve, 1));
}
await Promise.all(steady);
const knownBusy = busy();
await trust.flush();
await store.close();
rmSync(folder, { recursive: true, force: true });
console.log(JSON.stringify({ perSecond: Math.round(count / seconds), knownQuiet, knownBusy }));
