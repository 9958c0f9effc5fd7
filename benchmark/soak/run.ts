// `npm run soak`: an hour of everything at once. Fails when a connection was lost, when the two sides counted differently,
// when memory grew after the first tenth, or when revocations cut later than is promised.
//
//     npm run -s soak -- [--minutes 60] [--workers 2]
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openStore } from "../../src/store/open-store.ts";
import { Operator } from "../../src/operator/operator.ts";
import { createIdentity } from "../../src/x509/create-identity.ts";
import { median } from "../peers/figures.ts";
import { pidOf, residentKib, startContender, stopContender } from "../peers/server-under-test.ts";
import { act, ACTORS, type Scene } from "./actors.ts";
import { createCounts } from "./counts.ts";
import { startUpstreams } from "./upstream.ts";
import { freePort } from "../../test/support/free-port.ts";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "60" }, workers: { type: "string", default: "2" } },
});
const FOR_MS = Number(values.minutes) * 60_000;
const SAMPLES = 100;
/** What is promised between a revocation and the end of its connections. */
const MOST_CUT_MS = 150;
/** What collecting garbage sooner or later makes of memory that does not grow. */
const NOISE = 1.1;
/** A little memory moves more than that. */
const NOISE_KIB = 16 * 1024;

const folder = mkdtempSync(join(tmpdir(), "handclasp-soak-"));
const storeFile = join(folder, "trust.db");
const configFile = join(folder, "gateway.toml");
const counts = createCounts();
const upstreams = await startUpstreams(counts);
const [tcpPort, httpPort] = [await freePort(), await freePort()];
const client = await createIdentity({ name: "soak", now: new Date() });
const store = openStore(storeFile, { process: "soak" });
const operator = new Operator(store, { user: "soak", process: "soak", now: Date.now });
await operator.import(client.facts);
writeConfig(10_000);

function writeConfig(maxConnections: number): void {
  writeFileSync(
    configFile,
    `store = ${JSON.stringify(storeFile)}
workers = ${values.workers}

[[listener]]
name = "tcp"
listen = "127.0.0.1:${tcpPort}"
to = "127.0.0.1:${upstreams.tcp}"
max_connections = ${maxConnections}

[[listener]]
name = "http"
mode = "http"
listen = "127.0.0.1:${httpPort}"
to = "http://127.0.0.1:${upstreams.http}"
`,
  );
}

const main = join(import.meta.dirname, "../../src/cli/main.ts");
const gateway = await startContender("gateway", tcpPort, [
  process.execPath,
  main,
  "gateway",
  "--config",
  configFile,
]);
const ending = new AbortController();
const scene: Scene = {
  tcpPort,
  httpPort,
  client,
  operator,
  counts,
  ended: ending.signal,
  reload: () => {
    writeConfig(10_000 + counts.reloads);
    process.kill(pidOf(gateway), "SIGHUP");
  },
};
const memory: number[] = [];
const sampling = setInterval(() => memory.push(residentKib(gateway)), FOR_MS / SAMPLES);
const end = setTimeout(() => ending.abort(), FOR_MS);
await Promise.all(
  ACTORS.flatMap(([name, atOnce, turn]) => Array.from({ length: atOnce }, () => act(scene, name, turn))),
);
clearInterval(sampling);
clearTimeout(end);
const died = gateway.child.exitCode !== null || gateway.child.signalCode !== null;
await stopContender(gateway);
await store.close();
rmSync(folder, { recursive: true, force: true });

const tenth = memory.slice(SAMPLES / 20, SAMPLES / 5);
const last = memory.slice(-SAMPLES / 10);
const grew = median(last) > Math.max(median(tenth) * NOISE, median(tenth) + NOISE_KIB);
const unequal = (["connections", "bytes", "requests", "messages"] as const).filter(
  (name) => counts[name].client !== counts[name].upstream,
);
const { losses, cutsMs, ...counted } = counts;
const report = {
  minutes: Number(values.minutes),
  workers: Number(values.workers),
  ...counted,
  cutMs: { median: Math.round(median(cutsMs)), most: Math.round(Math.max(...cutsMs)) },
  memoryMib: {
    firstTenth: Math.round(median(tenth) / 1024),
    lastTenth: Math.round(median(last) / 1024),
    most: Math.round(Math.max(...memory) / 1024),
  },
  lost: Object.fromEntries(losses),
};
console.log(JSON.stringify(report, null, 2));
const problems = [
  ...(losses.size > 0 ? ["connections were lost"] : []),
  ...unequal.map((name) => `the two sides counted different ${name}`),
  // One may be late on a machine that does other work; that most are is ours.
  ...(median(cutsMs) > MOST_CUT_MS ? ["revocations cut too late"] : []),
  ...(grew ? ["memory grew"] : []),
  ...(died ? ["the gateway ended"] : []),
];
for (const problem of problems) console.error(`FAILED: ${problem}`);
process.exit(problems.length === 0 ? 0 : 1);
