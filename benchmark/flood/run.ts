// What a gateway's known clients notice of a flood of strangers, in rounds with and without it. Fails when they notice
// too much, when one of them is lost or forgotten, or when memory has no bound.
//
//     node benchmark/flood/run.ts [--strangers 20000] [--known 50] [--silent 0] [--rounds 4] [--most 2]
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { openStore } from "../../src/store/open-store.ts";
import { Operator } from "../../src/trust/operator.ts";
import { createIdentity } from "../../src/x509/create-identity.ts";
import { median, rounded } from "../peers/figures.ts";
import {
  freePort,
  killContenders,
  residentKib,
  startContender,
  stopContender,
} from "../peers/server-under-test.ts";
import { KnownClients, type WorkTimes } from "./known.ts";
import type { StrangersOrder, StrangersReport } from "./strangers.ts";

const { values } = parseArgs({
  options: {
    strangers: { type: "string", default: "20000" },
    known: { type: "string", default: "50" },
    /** Sockets that say nothing, or a byte a second, from the first round with strangers on. */
    silent: { type: "string", default: "0" },
    rounds: { type: "string", default: "4" },
    "at-once": { type: "string", default: "8" },
    "quiet-seconds": { type: "string", default: "8" },
    /** How many times what it is without the flood the known clients' p99 may be. */
    most: { type: "string", default: "2" },
    "most-mib": { type: "string", default: "200" },
  },
});
const [strangersCount, rounds, silentCount] = [values.strangers, values.rounds, values.silent].map(
  Number,
) as [number, number, number];
const MOST_PENDING = 1000;

process.on("exit", killContenders);
process.once("SIGTERM", () => process.exit(1));
const folder = mkdtempSync(join(tmpdir(), "handclasp-flood-"));
const storeFile = join(folder, "trust.db");
const store = openStore(storeFile, { process: "flood" });
const operator = new Operator(store, { user: "flood", process: "flood", now: Date.now });
const clients = await Promise.all(
  Array.from({ length: Number(values.known) }, (_, at) =>
    createIdentity({ name: `known-${at}`, now: new Date() }),
  ),
);
for (const { facts } of clients) await operator.import(facts);

const upstream = createServer({ noDelay: true }, (socket) => {
  socket.on("error", () => undefined);
  socket.pipe(socket);
}).listen(0, "127.0.0.1");
await once(upstream, "listening");
const port = await freePort();
const gateway = await startContender("gateway", port, [
  process.execPath,
  join(import.meta.dirname, "../../src/cli/main.ts"),
  "gateway",
  "--listen",
  `127.0.0.1:${port}`,
  "--store",
  storeFile,
  "--to",
  `127.0.0.1:${(upstream.address() as AddressInfo).port}`,
  "--max-pending",
  String(MOST_PENDING),
]);
const strangers = fork(join(import.meta.dirname, "strangers.ts"));
let silent: ChildProcess | undefined;

async function order(told: StrangersOrder): Promise<StrangersReport> {
  const report = Promise.race([
    once(strangers, "message") as Promise<[StrangersReport]>,
    once(strangers, "exit").then(([code]) => Promise.reject(new Error(`the strangers ended with ${code}`))),
  ]);
  strangers.send(told);
  return (await report)[0];
}

const p99 = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Number.NaN;

await order({ make: strangersCount });
const known = new KnownClients(port, clients);
await sleep(2000);
const perRound = Math.floor(strangersCount / rounds);
const quiet: WorkTimes[] = [];
const flooded: WorkTimes[] = [];
const memory: number[] = [];
let refused = 0;
let floodMs = 0;
for (let round = 0; round < rounds; round++) {
  known.take();
  await sleep(Number(values["quiet-seconds"]) * 1000);
  quiet.push(known.take());
  memory.push(residentKib(gateway));
  const sampling = setInterval(() => memory.push(residentKib(gateway)), 200);
  if (silentCount > 0) {
    silent = fork(join(import.meta.dirname, "silent.ts"), [String(port), String(silentCount)]);
    await once(silent, "message");
    known.take();
  }
  const began = performance.now();
  if (perRound === 0) await sleep(Number(values["quiet-seconds"]) * 1000);
  else refused += (await order({ knock: perRound, port, atOnce: Number(values["at-once"]) })).refused;
  floodMs += performance.now() - began;
  flooded.push(known.take());
  if (silent !== undefined) {
    const ended = once(silent, "exit");
    silent.kill("SIGKILL");
    await ended;
  }
  clearInterval(sampling);
}
const lost = await known.stop().then(
  () => null,
  (error: unknown) => String(error),
);
strangers.kill();
await stopContender(gateway);
upstream.close();

const keys = store.keys();
const trusted = new Set(keys.filter(({ state }) => state === "trusted").map(({ pin }) => pin));
const forgotten = clients.filter(({ facts }) => !trusted.has(facts.pin)).length;
const pending = keys.filter(({ state }) => state === "pending").length;
await store.close();
rmSync(folder, { recursive: true, force: true });

function compare(kind: keyof WorkTimes): Record<string, number> {
  const ratios = flooded.map((times, round) => p99(times[kind]) / p99(quiet[round]?.[kind] ?? []));
  const all = (of: readonly WorkTimes[]): number[] => of.flatMap((times) => times[kind]);
  return {
    quiet: all(quiet).length,
    flooded: all(flooded).length,
    quietP50Ms: rounded(median(all(quiet))),
    floodedP50Ms: rounded(median(all(flooded))),
    quietP99Ms: rounded(p99(all(quiet))),
    floodedP99Ms: rounded(p99(all(flooded))),
    ratioP99: rounded(median(ratios)),
  };
}
const kept = compare("kept");
const made = compare("made");
const firstKib = memory[0] ?? Number.NaN;
const growthMib = Math.round((Math.max(...memory) - firstKib) / 1024);
console.log(
  JSON.stringify(
    {
      known: clients.length,
      strangers: perRound * rounds,
      refused,
      strangersPerSecond: Math.round((perRound * rounds) / (floodMs / 1000)),
      silent: silentCount,
      kept,
      made,
      pending,
      forgotten,
      lost,
      memoryMib: { before: Math.round(firstKib / 1024), growth: growthMib },
    },
    null,
    2,
  ),
);
const most = Number(values.most);
const problems = [
  ...[kept, made]
    .filter(({ ratioP99 = Number.NaN }) => !(ratioP99 <= most))
    .map(({ ratioP99 }) => `p99 is ${ratioP99} times what it was`),
  ...(lost === null ? [] : [`known clients were lost: ${lost}`]),
  ...(forgotten > 0 ? ["known keys were forgotten"] : []),
  ...(pending > MOST_PENDING ? [`${pending} keys are pending`] : []),
  ...(refused < perRound * rounds ? ["strangers were not told access_denied"] : []),
  ...(growthMib > Number(values["most-mib"]) ? ["memory grew"] : []),
];
for (const problem of problems) console.error(`FAILED: ${problem}`);
process.exit(problems.length === 0 ? 0 : 1);
