// What HAProxy's map costs: CPU of HAProxy with examples/proxies/haproxy.cfg, whose map is kept, against the same file without the
// lines that are about Handclasp, in alternating batches: requests on kept connections of HTTP/1.1, and new connections.
//
//     node benchmark/haproxy-map.ts [--rounds 61] [--requests 1000] [--connections 60] [--peers 2000]
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import { parseArgs } from "node:util";
import { HaproxyPush } from "../src/authorizer/push/haproxy/haproxy-push.ts";
import { Operator } from "../src/operator/operator.ts";
import { openStore } from "../src/store/open-store.ts";
import { fakeCertificate } from "../src/testing/fake-certificate.ts";
import { Happenings } from "../src/trust/happenings/happenings.ts";
import { Trust } from "../src/trust/trust.ts";
import { readCertificate } from "../src/x509/certificate-facts.ts";
import { createIdentity } from "../src/x509/create-identity.ts";
import { median } from "./peers/figures.ts";
import { createClient, pingPong, response } from "./peers/load.ts";
import { freePort } from "../test/support/free-port.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "61" },
    requests: { type: "string", default: "1000" },
    connections: { type: "string", default: "60" },
    peers: { type: "string", default: "2000" },
  },
});
const [rounds, requests, connections] = [values.rounds, values.requests, values.connections].map(Number) as [
  number,
  number,
  number,
];
const PROGRAM = "/usr/sbin/haproxy";
const GET = Buffer.from("GET / HTTP/1.1\r\nHost: app.example\r\n\r\n");
const AT_ONCE = 8;
const KINDS = ["bare", "map"] as const;
type Kind = (typeof KINDS)[number];

interface Proxy {
  readonly child: ChildProcess;
  readonly port: number;
  readonly kept: readonly TLSSocket[];
}

if (!existsSync(PROGRAM)) {
  console.log(JSON.stringify({ kept: null, fresh: null }));
  process.exit();
}

const folder = mkdtempSync(join(tmpdir(), "handclasp-bench-"));
const own = await createIdentity({ name: "app.example", now: new Date() });
const known = await createIdentity({ name: "client", now: new Date() });
const client = createClient(known);
writeFileSync(join(folder, "app.pem"), own.certificatePem + own.privateKeyPem);
writeFileSync(join(folder, "handclasp.map"), "");
const upstream = fork(join(import.meta.dirname, "peers/upstream.ts"));
const [{ http }] = (await once(upstream, "message")) as [{ readonly http: number }];
const store = openStore(join(folder, "trust.db"));
const operator = new Operator(store, { user: null, process: "bench", now: Date.now });
const others = Array.from({ length: Number(values.peers) }, (_, number) =>
  readCertificate(fakeCertificate(`peer ${number}`)),
);
await Promise.all([known.facts, ...others].map((facts) => operator.import(facts)));

const proxies = { bare: await start("bare"), map: await start("map") };
const trust = new Trust(store, { now: Date.now, process: "bench" });
const happenings = new Happenings();
const inStep = new Promise<void>((resolve) => happenings.subscribe(["push-in-step"], () => resolve()));
const push = new HaproxyPush({
  socket: join(folder, "map.sock"),
  map: join(folder, "handclasp.map"),
  trust,
  happenings,
  listener: "authorizer",
  now: Date.now,
});
push.start();
await inStep;

/** The example as it is, or without all that is about Handclasp. On one thread, so that its work can be told from waiting. */
function configOf(kind: Kind, port: number): string {
  const example = readFileSync(join(import.meta.dirname, "../examples/proxies/haproxy.cfg"), "utf8");
  const config = Object.entries({
    "  user haproxy\n": "  nbthread 1\n",
    "  group handclasp\n": "",
    "/run/haproxy/handclasp.sock user haproxy group handclasp": join(folder, `${kind}.sock`),
    "/etc/haproxy/handclasp.lua": join(import.meta.dirname, "../examples/proxies/haproxy.lua"),
    "/etc/haproxy/": `${folder}/`,
    "bind :443": `bind 127.0.0.1:${port}`,
    "127.0.0.1:8080": `127.0.0.1:${http}`,
  }).reduce((text, [there, here]) => {
    if (!text.includes(there)) throw new Error(`examples/proxies/haproxy.cfg has no ${there} any more`);
    return text.replaceAll(there, here);
  }, example);
  if (kind === "map") return config;
  const isOurs =
    /^ {2}(?:tcp|http)-request (?:lua|session|set-var|track-sc0|return|del-header|set-header Handclasp)/;
  return config
    .split("\n")
    .filter((line) => !isOurs.test(line))
    .join("\n");
}

async function start(kind: Kind): Promise<Proxy> {
  const port = await freePort();
  const file = join(folder, `${kind}.cfg`);
  writeFileSync(file, configOf(kind, port));
  const child = spawn(PROGRAM, ["-db", "-f", file], { stdio: ["ignore", "ignore", "inherit"] });
  while (!(await isUp(port))) {
    if (child.exitCode !== null) throw new Error(`HAProxy ended with ${child.exitCode}: see above`);
    await wait(50);
  }
  return { child, port, kept: await Promise.all(Array.from({ length: AT_ONCE }, () => client.open(port))) };
}

function isUp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createConnection(port, "127.0.0.1");
    probe.on("error", () => resolve(false));
    probe.on("connect", () => {
      resolve(true);
      probe.destroy();
    });
  });
}

/** Microseconds on a processor so far. */
function cpuOf({ child }: Proxy): number {
  return Number(readFileSync(`/proc/${child.pid}/schedstat`, "utf8").split(" ")[0]) / 1000;
}

async function visits(port: number, count: number): Promise<void> {
  let left = count;
  const visitor = async (): Promise<void> => {
    while (left-- > 0) {
      const socket = await client.open(port);
      await pingPong([socket], GET, response, 1);
      socket.destroy();
    }
  };
  await Promise.all(Array.from({ length: 4 }, visitor));
}

function rounded(value: number): number {
  return Number(value.toFixed(3));
}

/** What one of so many costs, in microseconds of HAProxy's CPU, and the ratio of neighbouring batches. */
async function measure(count: number, run: (proxy: Proxy) => Promise<void>) {
  const costs: Record<Kind, number[]> = { bare: [], map: [] };
  for (let round = -2; round < rounds; round++) {
    for (const kind of round % 2 === 0 ? KINDS : KINDS.toReversed()) {
      const before = cpuOf(proxies[kind]);
      await run(proxies[kind]);
      if (round >= 0) costs[kind].push((cpuOf(proxies[kind]) - before) / count);
    }
  }
  const ratio = median(costs.map.map((cost, round) => cost / (costs.bare[round] ?? Number.NaN)));
  return {
    bareMicros: rounded(median(costs.bare)),
    mapMicros: rounded(median(costs.map)),
    ratio: rounded(ratio),
  };
}

try {
  const kept = await measure(requests, ({ kept: sockets }) => pingPong(sockets, GET, response, requests));
  const fresh = await measure(connections, ({ port }) => visits(port, connections));
  console.log(JSON.stringify({ kept, fresh }));
} finally {
  await push.close();
  for (const { child, kept } of Object.values(proxies)) {
    for (const socket of kept) socket.destroy();
    child.kill();
  }
  upstream.kill();
  await trust[Symbol.asyncDispose]();
  await store.close();
  rmSync(folder, { recursive: true });
}
