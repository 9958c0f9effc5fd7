/**
 * What the guard costs per TLS 1.3 handshake: CPU of a bare `tls.createServer` that asks for a certificate, against
 * the same server guarded, each in a process of its own, in alternating batches.
 *
 *     node benchmark/guard-handshake.ts [--rounds 40] [--batch 100] [--store memory:] [--cpu-prof]
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import tls from "node:tls";
import { parseArgs } from "node:util";
import { guard } from "../src/guard/guard.ts";
import { openStore } from "../src/store/open-store.ts";
import { Trust } from "../src/trust/trust.ts";
import { createIdentity } from "../src/x509/create-identity.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "40" },
    batch: { type: "string", default: "100" },
    store: { type: "string", default: "memory:" },
    "cpu-prof": { type: "boolean", default: false },
    serve: { type: "string" },
  },
});

const KINDS = ["bare", "guarded"] as const;
type Kind = (typeof KINDS)[number];
/** Enough for V8 to have compiled what is going to be measured. */
const WARM_UP = 3000;
const CONCURRENCY = 4;
type Credentials = Record<"key" | "cert", string>;

if (values.serve === undefined) await measure();
else await serve(values.serve);

async function serve(kind: string): Promise<void> {
  const server = tls.createServer({
    ...(await credentials("localhost")),
    requestCert: true,
    rejectUnauthorized: false,
  });
  if (kind === "guarded") {
    const store = openStore(values.store);
    guard(server, new Trust(store, { policy: { firstUse: "accept" }, now: Date.now, process: "benchmark" }));
  }
  server.on("secureConnection", (socket) => {
    socket.on("error", () => undefined);
    socket.end("hello");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  process.on("message", () => process.send?.(process.cpuUsage()));
  process.on("disconnect", () => process.exit());
  process.send?.((server.address() as AddressInfo).port);
}

async function measure(): Promise<void> {
  const client = await credentials("client");
  const servers = { bare: await start("bare"), guarded: await start("guarded") };
  for (const resumed of [false, true]) {
    const costs: Record<Kind, number[]> = { bare: [], guarded: [] };
    for (const kind of KINDS) await batch(servers[kind], client, resumed, WARM_UP);
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const kind of round % 2 === 0 ? KINDS : KINDS.toReversed()) {
        costs[kind].push(await batch(servers[kind], client, resumed, Number(values.batch)));
      }
    }
    const bare = median(costs.bare);
    const guarded = median(costs.guarded);
    const what = resumed ? "resumed" : "full";
    console.log(
      `${what}: bare ${ms(bare)}, guarded ${ms(guarded)}, ratio of medians ${(guarded / bare).toFixed(3)},`,
      `of fastest ${(Math.min(...costs.guarded) / Math.min(...costs.bare)).toFixed(3)}`,
    );
  }
  for (const { child } of Object.values(servers)) child.disconnect();
}

interface RunningServer {
  readonly child: ChildProcess;
  readonly port: number;
}

async function start(kind: Kind): Promise<RunningServer> {
  const execArgv = values["cpu-prof"] ? ["--cpu-prof", `--cpu-prof-name=${kind}.cpuprofile`] : [];
  const child = fork(import.meta.filename, ["--serve", kind, "--store", values.store], { execArgv });
  const [port] = (await once(child, "message")) as [number];
  return { child, port };
}

/** Microseconds of the server's CPU per handshake, with some under way at once as servers have them. */
async function batch(
  { child, port }: RunningServer,
  client: Credentials,
  resumed: boolean,
  count: number,
): Promise<number> {
  const session = resumed ? await handshake(port, client) : undefined;
  const before = await cpu(child);
  let left = count;
  const one = async (): Promise<void> => {
    while (left-- > 0) await handshake(port, client, session);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, one));
  return ((await cpu(child)) - before) / count;
}

async function cpu(child: ChildProcess): Promise<number> {
  child.send("cpu");
  const [{ user, system }] = (await once(child, "message")) as [NodeJS.CpuUsage];
  return user + system;
}

function handshake(port: number, client: Credentials, session?: Buffer): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    let ticket: Buffer | undefined;
    const resume = session === undefined ? {} : { session };
    const socket = tls.connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ...client, ...resume });
    socket.on("session", (received) => (ticket = received));
    socket.on("error", reject);
    socket.on("secureConnect", () => {
      if (session !== undefined && !socket.isSessionReused()) reject(new Error("not resumed"));
    });
    socket.on("close", () => resolve(ticket));
    socket.resume();
  });
}

async function credentials(name: string): Promise<Credentials> {
  const { privateKeyPem: key, certificatePem: cert } = await createIdentity({ name, now: new Date() });
  return { key, cert };
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}

function ms(microseconds: number): string {
  return `${(microseconds / 1000).toFixed(3)} ms`;
}
