// What the guard costs: CPU of a bare `tls.createServer` that asks for a certificate, against the same server guarded
// on a store of 100 000 peers, each in a process of its own, in alternating batches.
//
//     node benchmark/guard-cost.ts [--rounds 31] [--batch 200] [--peers 100000] [--cpu-prof]
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { parseArgs } from "node:util";
import { createIdentity } from "../src/x509/create-identity.ts";
import { fillStore } from "./fill-store.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "31" },
    batch: { type: "string", default: "200" },
    peers: { type: "string", default: "100000" },
    "cpu-prof": { type: "boolean", default: false },
  },
});
const ROUNDS = Number(values.rounds);
const BATCH = Number(values.batch);
/** At the same time, so that the server is never without work. */
const CLIENTS = 4;
/** Handshakes before anything counts: V8 has compiled then what is going to be measured. */
const WARM_UP = 3000;
/** One bulk batch sends so many megabytes, a few times over. */
const BULK_MEGABYTES = 512;

type Kind = "bare" | "guarded";
const KINDS: readonly Kind[] = ["bare", "guarded"];

interface Server {
  readonly child: ChildProcess;
  readonly port: number;
}

const folder = mkdtempSync(join(tmpdir(), "handclasp-bench-"));
const store = join(folder, "trust.db");
const identityFile = join(folder, "server.pem");
const serverIdentity = await createIdentity({ name: "localhost", now: new Date() });
writeFileSync(identityFile, serverIdentity.privateKeyPem + serverIdentity.certificatePem);
const client = await createIdentity({ name: "client", now: new Date() });
await fillStore(store, Number(values.peers), [client.facts]);
const servers: Record<Kind, Server> = { bare: await start("bare"), guarded: await start("guarded") };

/** A connection that asks for megabytes, 0 for a greeting. Resolves when all came, with the newest session. */
function visit(port: number, megabytes: number, session?: Buffer): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    let ticket: Buffer | undefined;
    const socket = connect({
      host: "127.0.0.1",
      port,
      rejectUnauthorized: false,
      key: client.privateKeyPem,
      cert: client.certificatePem,
      ...(session !== undefined && { session }),
    });
    socket.on("session", (received) => (ticket = received));
    socket.on("error", reject);
    socket.on("secureConnect", () => {
      if (session !== undefined && !socket.isSessionReused()) reject(new Error("not resumed"));
    });
    socket.on("close", () => resolve(ticket));
    socket.resume().write(String(megabytes));
  });
}

async function start(kind: Kind): Promise<Server> {
  const execArgv = values["cpu-prof"] ? ["--cpu-prof", `--cpu-prof-name=${kind}.cpuprofile`] : [];
  const child = fork(join(import.meta.dirname, "tls-server.ts"), [kind, store, identityFile], { execArgv });
  const [port] = (await once(child, "message")) as [number];
  return { child, port };
}

async function cpu({ child }: Server): Promise<number> {
  child.send("cpu");
  const [{ user, system }] = (await once(child, "message")) as [NodeJS.CpuUsage];
  return user + system;
}

/** Microseconds of the server's CPU for what `work` does. */
async function cost(server: Server, work: (server: Server) => Promise<void>): Promise<number> {
  const before = await cpu(server);
  await work(server);
  return (await cpu(server)) - before;
}

async function full({ port }: Server): Promise<void> {
  const visits = Array.from({ length: CLIENTS }, async () => {
    for (let done = 0; done < BATCH / CLIENTS; done++) await visit(port, 0);
  });
  await Promise.all(visits);
}

async function resumed({ port }: Server): Promise<void> {
  const visits = Array.from({ length: CLIENTS }, async () => {
    let session = await visit(port, 0);
    for (let done = 1; done < BATCH / CLIENTS; done++) session = (await visit(port, 0, session)) ?? session;
  });
  await Promise.all(visits);
}

async function bulk({ port }: Server): Promise<void> {
  await visit(port, BULK_MEGABYTES);
}

/** Both servers in turn, the first rounds not counted. Medians of CPU per unit, and of the ratios of neighbouring rounds. */
async function compare(
  rounds: number,
  warmUp: number,
  units: number,
  work: (server: Server) => Promise<void>,
): Promise<object> {
  const costs: Record<Kind, number[]> = { bare: [], guarded: [] };
  for (let round = -warmUp; round < rounds; round++) {
    for (const kind of round % 2 === 0 ? KINDS : KINDS.toReversed()) {
      const micros = await cost(servers[kind], work);
      if (round >= 0) costs[kind].push(micros / units);
    }
  }
  const ratios = costs.guarded.map((guarded, round) => guarded / (costs.bare[round] ?? Number.NaN));
  return {
    bareMicros: Math.round(median(costs.bare)),
    guardedMicros: Math.round(median(costs.guarded)),
    ratio: Number((median(costs.guarded) / median(costs.bare)).toFixed(3)),
    ratioByRounds: Number(median(ratios).toFixed(3)),
  };
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}

const figures = {
  peers: Number(values.peers),
  full: await compare(ROUNDS, WARM_UP / BATCH, BATCH, full),
  resumed: await compare(ROUNDS, 2, BATCH, resumed),
  bulk: await compare(41, 4, BULK_MEGABYTES / 1000, bulk),
};
for (const { child } of Object.values(servers)) child.disconnect();
rmSync(folder, { recursive: true, force: true });
console.log(JSON.stringify(figures));
