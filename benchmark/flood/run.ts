// What a gateway's known clients notice of a flood of strangers, in rounds with and without it. Fails when they notice
// too much, when one of them is lost or forgotten, or when memory has no bound. By default all but the gateway stay on one core,
// and strangers have that only while known clients and upstream do not want it: docs/performance.md says why.
//
//     node benchmark/flood/run.ts [--strangers 20000] [--known 50] [--silent 0] [--rounds 4] [--most 2]
//         [--max-handshakes N] [--pause-ms 400] [--cores apart|shared]
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { openStore } from "../../src/store/open-store.ts";
import { Operator } from "../../src/operator/operator.ts";
import { createIdentity } from "../../src/x509/create-identity.ts";
import { median, rounded } from "../peers/figures.ts";
import { killContenders, residentKib, startContender, stopContender } from "../peers/server-under-test.ts";
import { GatewayWatch, type GatewayFigures } from "./gateway-figures.ts";
import { KnownClients, type WorkTimes } from "./known.ts";
import { CAN_KEEP_APART, giveWay, leaveFirstCore, ON_ALL_CORES } from "./placement.ts";
import type { StrangersOrder, StrangersReport } from "./strangers.ts";
import { keysIn } from "../../test/support/listed.ts";
import { freePort } from "../../test/support/free-port.ts";

const { values } = parseArgs({
  options: {
    strangers: { type: "string", default: "20000" },
    known: { type: "string", default: "50" },
    /** Sockets that say nothing, or a byte a second, from the first round with strangers on. */
    silent: { type: "string", default: "0" },
    rounds: { type: "string", default: "4" },
    "at-once": { type: "string", default: "8" },
    "quiet-seconds": { type: "string", default: "8" },
    /** Between two pieces of work of a known client, on average. */
    "pause-ms": { type: "string", default: "400" },
    /** The gateway's default when it is not given. */
    "max-handshakes": { type: "string" },
    /** "shared" lets all run anywhere, and strangers count as much as others. */
    cores: { type: "string", default: CAN_KEEP_APART ? "apart" : "shared" },
    /** Where the gateway writes a CPU profile, see `node --cpu-prof`. */
    profile: { type: "string" },
    /** How many times what it is without the flood the known clients' p99 may be. */
    most: { type: "string", default: "2" },
    "most-mib": { type: "string", default: "200" },
  },
});
const [strangersCount, rounds, silentCount] = [values.strangers, values.rounds, values.silent].map(
  Number,
) as [number, number, number];
const quietMs = Number(values["quiet-seconds"]) * 1000;
const MOST_PENDING = 1000;

process.on("exit", killContenders);
process.once("SIGTERM", () => process.exit(1));
const areApart = values.cores === "apart";
if (areApart) leaveFirstCore();
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
const metricsPort = await freePort();
const most = values["max-handshakes"];
const gateway = await startContender("gateway", port, [
  ...(areApart ? ON_ALL_CORES : (["env"] as const)),
  process.execPath,
  ...(values.profile === undefined ? [] : ["--cpu-prof", "--cpu-prof-dir", values.profile]),
  join(import.meta.dirname, "../../src/cli/main.ts"),
  "gateway",
  "--listen",
  `127.0.0.1:${port}`,
  "--store",
  storeFile,
  "--to",
  `127.0.0.1:${(upstream.address() as AddressInfo).port}`,
  "--metrics",
  `127.0.0.1:${metricsPort}`,
  "--max-pending",
  String(MOST_PENDING),
  // Connections are bounded too, and those that shake hands are among them.
  ...(most === undefined ? [] : ["--max-handshakes", most, "--max-connections", String(Number(most) + 1000)]),
]);
const watch = new GatewayWatch(gateway, metricsPort);
const strangers = fork(join(import.meta.dirname, "strangers.ts"));
if (areApart) giveWay(strangers.pid);

const strangersEnded = once(strangers, "exit").then(([code]) =>
  Promise.reject(new Error(`the strangers ended with ${code}`)),
);
strangersEnded.catch(() => undefined);

async function order(told: StrangersOrder): Promise<StrangersReport> {
  const report = Promise.race([once(strangers, "message") as Promise<[StrangersReport]>, strangersEnded]);
  strangers.send(told);
  return (await report)[0];
}

async function silentSockets(): Promise<ChildProcess> {
  const silent = fork(join(import.meta.dirname, "silent.ts"), [String(port), String(silentCount)]);
  if (areApart) giveWay(silent.pid);
  await once(silent, "message");
  return silent;
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

const p99 = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Number.NaN;

interface Phase extends GatewayFigures {
  readonly times: WorkTimes;
}

/** What known clients notice while something goes on, and what the gateway shows meanwhile. */
async function during(work: () => Promise<unknown>): Promise<Phase> {
  known.take();
  await watch.take();
  await work();
  return { times: known.take(), ...(await watch.take()) };
}

await order({ make: strangersCount });
const known = new KnownClients(port, clients, Number(values["pause-ms"]));
await sleep(2000);
const perRound = Math.floor(strangersCount / rounds);
const quiet: Phase[] = [];
const flooded: Phase[] = [];
let firstKib = Number.NaN;
let refused = 0;
let floodMs = 0;
for (let round = 0; round < rounds; round++) {
  quiet.push(await during(() => order({ rehearseMs: quietMs })));
  if (round === 0) firstKib = residentKib(gateway);
  let silent: ChildProcess | undefined;
  const began = performance.now();
  flooded.push(
    await during(async () => {
      if (silentCount > 0) silent = await silentSockets();
      if (perRound === 0) await order({ rehearseMs: quietMs });
      else refused += (await order({ knock: perRound, port, atOnce: Number(values["at-once"]) })).refused;
    }),
  );
  floodMs += performance.now() - began;
  if (silent !== undefined) {
    await end(silent);
    // The next round without them begins when the gateway has closed them all.
    await order({ rehearseMs: 3000 });
  }
}
const lost = await known.stop().then(
  () => null,
  (error: unknown) => String(error),
);
watch.stop();
strangers.kill();
await stopContender(gateway);
upstream.close();

const keys = await keysIn(store);
const trusted = new Set(keys.filter(({ state }) => state === "trusted").map(({ pin }) => pin));
const forgotten = clients.filter(({ facts }) => !trusted.has(facts.pin)).length;
const pending = keys.filter(({ state }) => state === "pending").length;
await store.close();
rmSync(folder, { recursive: true, force: true });

function compare(kind: keyof WorkTimes): Record<string, number> {
  const ratios = flooded.map(({ times }, round) => p99(times[kind]) / p99(quiet[round]?.times[kind] ?? []));
  const all = (of: readonly Phase[]): number[] => of.flatMap(({ times }) => times[kind]);
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
function gatewayFigure(of: keyof GatewayFigures): Record<string, number> {
  const medianOf = (phases: readonly Phase[]): number => rounded(median(phases.map((phase) => phase[of])));
  return { quiet: medianOf(quiet), flooded: medianOf(flooded) };
}
const kept = compare("kept");
const made = compare("made");
const growthMib = Math.round((watch.peakKib - firstKib) / 1024);
console.log(
  JSON.stringify(
    {
      known: clients.length,
      strangers: perRound * rounds,
      refused,
      strangersPerSecond: Math.round((perRound * rounds) / (floodMs / 1000)),
      silent: silentCount,
      cores: values.cores,
      kept,
      made,
      gatewayCpu: gatewayFigure("cpu"),
      gatewayLoopP99Ms: gatewayFigure("loopP99Ms"),
      pending,
      forgotten,
      lost,
      memoryMib: { before: Math.round(firstKib / 1024), growth: growthMib },
    },
    null,
    2,
  ),
);
const mostRatio = Number(values.most);
const problems = [
  ...[kept, made]
    .filter(({ ratioP99 = Number.NaN }) => !(ratioP99 <= mostRatio))
    .map(({ ratioP99 }) => `p99 is ${ratioP99} times what it was`),
  ...(lost === null ? [] : [`known clients were lost: ${lost}`]),
  ...(forgotten > 0 ? ["known keys were forgotten"] : []),
  ...(pending > MOST_PENDING ? [`${pending} keys are pending`] : []),
  ...(refused < perRound * rounds ? ["strangers were not told access_denied"] : []),
  ...(growthMib > Number(values["most-mib"]) ? ["memory grew"] : []),
];
for (const problem of problems) console.error(`FAILED: ${problem}`);
process.exit(problems.length === 0 ? 0 : 1);
