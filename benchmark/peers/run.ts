// `npm run bench:peers`: the gateway beside a bare Node pipe and the programs people use today, on this machine, in one
// run, one process each, in alternating rounds. CPU of the servers' processes only. A report on stderr, JSON on stdout.
//
//     npm run -s bench:peers -- [--rounds 9] [--scale 1] [--only ROW,…] [--programs NAME,…] [--install] [--write]
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { parseArgs } from "node:util";
import { createIdentity } from "../../src/x509/create-identity.ts";
import { fillStore } from "../fill-store.ts";
import { barePipe, type Command, handclasp, type Program, type Setup } from "./contenders.ts";
import { type Result, toMarkdown, toResult, toText } from "./figures.ts";
import { install, present } from "./install.ts";
import { createClient, handshakes } from "./load.ts";
import { beIdle, IDLE_TARGETS, releaseKept, type Row, ROWS } from "./rows.ts";
import {
  type Contender,
  cpuOf,
  cpuOfTree,
  killContenders,
  pidOf,
  residentKib,
  startContender,
  stopContender,
} from "./server-under-test.ts";
import { freePort } from "../../test/support/free-port.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "9" },
    /** How much of a round's full length. */
    scale: { type: "string", default: "1" },
    /** Rows by their ids, `idle` and `workers`; all without it. */
    only: { type: "string" },
    /** By their names; all that are here without it. */
    programs: { type: "string" },
    peers: { type: "string", default: "1000" },
    idle: { type: "string", default: "2000" },
    install: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});
const ROUNDS = Number(values.rounds);
const SCALE = Number(values.scale);
const OURS = "handclasp";

const folder = mkdtempSync(join(tmpdir(), "handclasp-peers-"));
const [serverIdentity, clientIdentity] = await Promise.all([
  createIdentity({ name: "localhost", now: new Date() }),
  createIdentity({ name: "client", now: new Date() }),
]);
const identity = join(folder, "server.pem");
writeFileSync(identity, serverIdentity.privateKeyPem + serverIdentity.certificatePem, { mode: 0o600 });
const clientCertificate = join(folder, "client.pem");
writeFileSync(clientCertificate, clientIdentity.certificatePem);
const store = join(folder, "trust.db");
await fillStore(store, Number(values.peers), [clientIdentity.facts]);
const client = createClient(clientIdentity);
const { child: upstreamProcess, ports: upstream } = await startUpstream();

async function startUpstream(): Promise<{ child: ChildProcess; ports: Setup["upstream"] }> {
  const child = fork(join(import.meta.dirname, "upstream.ts"));
  const [ports] = (await once(child, "message")) as [Setup["upstream"]];
  return { child, ports };
}

async function start(program: Program, mode: "tcp" | "http"): Promise<Contender | undefined> {
  const make = program[mode];
  if (make === undefined) return undefined;
  const port = await freePort();
  const setup = { folder, port, upstream, identity, clientCertificate, store };
  return await startContender(program.name, port, make(setup));
}

/** All that can do the work, at the same time: those whose turn it is not are idle. */
async function startAll(programs: readonly Program[], mode: "tcp" | "http"): Promise<readonly Contender[]> {
  const contenders: Contender[] = [];
  for (const program of programs) {
    const contender = await start(program, mode);
    if (contender !== undefined) contenders.push(contender);
  }
  return contenders;
}

async function measure(row: Row, contenders: readonly Contender[]): Promise<Result> {
  console.error(`measuring: ${row.what}`);
  const units = Math.max(1, Math.round(row.units * SCALE));
  const costs = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (const { port } of contenders) await row.work(client, port, units);
  for (let round = 0; round < ROUNDS; round++) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      const before = cpuOf(contender);
      await row.work(client, contender.port, units);
      costs.get(contender.name)?.push((cpuOf(contender) - before) / units);
    }
  }
  return toResult(row, OURS, costs, row.targets);
}

/** KiB that each further idle connection takes, once there are some. */
async function idle(programs: readonly Program[]): Promise<Result> {
  const count = Math.round(Number(values.idle) * SCALE);
  console.error(`measuring: ${count} idle connections each`);
  const costs = new Map<string, number[]>();
  for (const mode of ["tcp", "http"] as const) {
    for (const program of programs) {
      const contender = await start(program, mode);
      if (contender === undefined) continue;
      const name = mode === "tcp" ? contender.name : `${contender.name} (http)`;
      costs.set(name, [await idleKib(contender, mode, count)]);
      await stopContender(contender);
    }
  }
  const row = { id: "idle", what: "memory of an idle connection", unit: "KiB" };
  return toResult(row, OURS, costs, IDLE_TARGETS);
}

async function idleKib(contender: Contender, mode: "tcp" | "http", count: number): Promise<number> {
  if (mode === "tcp") await handshakes(client, contender.port, 500);
  const sockets: TLSSocket[] = [];
  const openTo = async (total: number): Promise<void> => {
    while (sockets.length < total) {
      const socket = await client.open(contender.port);
      await beIdle(socket, mode);
      sockets.push(socket);
    }
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  };
  await openTo(count / 4);
  const before = residentKib(contender);
  await openTo(count / 4 + count);
  const kib = (residentKib(contender) - before) / count;
  for (const socket of sockets) socket.destroy();
  return kib;
}

const SETTLE_MS = 3000;

/** What a handshake costs all processes of a gateway with two workers, and how evenly they share the work. */
async function workers(): Promise<Result> {
  console.error("measuring: two workers");
  const contenders: Contender[] = [];
  for (const [name, make] of WORKERS) {
    const port = await freePort();
    const setup = { folder, port, upstream, identity, clientCertificate, store };
    contenders.push(await startContender(name, port, make(setup)));
  }
  const costs = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  const shares: number[] = [];
  const units = Math.round(2000 * SCALE);
  for (const { port } of contenders) await handshakes(client, port, units, AT_ONCE);
  for (let round = 0; round < ROUNDS; round++) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      const before = cpuOfTree(pidOf(contender));
      await handshakes(client, contender.port, units, AT_ONCE);
      const used = [...cpuOfTree(pidOf(contender))].map(([pid, micros]) => micros - (before.get(pid) ?? 0));
      costs.get(contender.name)?.push(used.reduce((sum, micros) => sum + micros, 0) / units);
      if (contender.name === "2 workers") shares.push(largestShare(used));
    }
  }
  await Promise.all(contenders.map(stopContender));
  const row = { id: "workers", what: "a full handshake, two workers on two cores", unit: "µs" };
  const result = toResult(row, "2 workers", costs, [
    { than: "1 worker", most: 1.1 },
    { than: "2 bare Node pipes", most: 1.08, aim: true },
  ]);
  const share = shares.toSorted((a, b) => a - b)[shares.length >> 1] ?? Number.NaN;
  const split = { ours: "busier worker", than: "all workers", most: 0.6, ratio: Number(share.toFixed(3)) };
  return { ...result, comparisons: [...result.comparisons, split] };
}

const AT_ONCE = 8;
/** The bare pipes show what a second process costs by itself when clients and servers share the cores. */
const WORKERS: ReadonlyMap<string, (setup: Setup) => Command> = new Map([
  ["1 worker", (setup) => gatewayWith("1", setup)],
  ["2 workers", (setup) => gatewayWith("2", setup)],
  ["bare Node pipe", (setup) => barePipe(setup, 1)],
  ["2 bare Node pipes", (setup) => barePipe(setup, 2)],
]);

function gatewayWith(workerCount: string, setup: Setup): Command {
  return handclasp(setup, "tcp", `127.0.0.1:${setup.upstream.tcp}`, ["--workers", workerCount]);
}

/** Of the two busiest processes' CPU: the primary does next to nothing. */
function largestShare(used: readonly number[]): number {
  const [most = 0, next = 0] = used.toSorted((a, b) => b - a);
  return most / (most + next);
}

try {
  if (values.install) install(present().missing);
  const { here: all, missing } = present();
  const here = all.filter(({ name }) => values.programs?.split(",").includes(name) ?? true);
  for (const { name, packages } of missing) {
    console.error(`not found: ${name} (apt-get install ${packages.join(" ")}, or --install)`);
  }
  const wanted = values.only?.split(",");
  const wants = (id: string): boolean => wanted === undefined || wanted.includes(id);
  const results: Result[] = [];
  const keep = (result: Result): void => {
    results.push(result);
    console.error(toText(result));
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      killContenders();
      process.exit(1);
    });
  }
  for (const mode of ["tcp", "http"] as const) {
    const rows = ROWS.filter((row) => row.mode === mode && wants(row.id));
    if (rows.length === 0) continue;
    const contenders = await startAll(here, mode);
    for (const row of rows) keep(await measure(row, contenders));
    await Promise.all(contenders.map(stopContender));
  }
  if (wants("idle")) keep(await idle(here));
  if (wants("workers") && here.some(({ name }) => name === OURS)) keep(await workers());
  const machine = {
    node: process.versions.node,
    openssl: process.versions.openssl,
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    missing: missing.map(({ name }) => name),
  };
  if (values.write) writePage(results);
  releaseKept();
  console.log(JSON.stringify({ machine, rounds: ROUNDS, scale: SCALE, results }, null, 2));
} finally {
  killContenders();
  upstreamProcess.disconnect();
  rmSync(folder, { recursive: true, force: true });
}

/** Puts the tables between their marks. */
function writePage(results: readonly Result[]): void {
  const page = join(import.meta.dirname, "../../docs/performance.md");
  const about = `${cpus().length} cores (${cpus()[0]?.model}), Node ${process.versions.node}, OpenSSL ${process.versions.openssl}; ${ROUNDS} rounds.`;
  const between = /(<!-- bench:peers -->\n)[^]*(?=<!-- \/bench:peers -->)/;
  const text = readFileSync(page, "utf8");
  if (!between.test(text)) throw new Error(`${page} has no place for the tables`);
  writeFileSync(
    page,
    text.replace(between, (_, mark: string) => `${mark}\n${toMarkdown(results, about)}\n\n`),
  );
}
