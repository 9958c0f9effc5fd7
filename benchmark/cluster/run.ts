// What a trust on many machines costs, beside one on one: a table for people on stderr, JSON for programs on stdout.
//
//     npm run bench:cluster [-- --only claims,handshakes,snapshot] [--peers 1000000] [--cpu-prof]
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { parseArgs } from "node:util";
import { createIdentity, type CreatedIdentity } from "../../src/x509/create-identity.ts";
import { toSeenCertificate } from "../../src/trust/judging/seen-certificate.ts";
import { fillStore } from "../fill-store.ts";
import { PostgresServer, postgresPrograms } from "../../test/store/postgres/support/postgres-server.ts";
import { UnreliableNetwork } from "../../test/cluster/support/unreliable-network.ts";
import { Seeded } from "../../test/cluster/simulation/seeded.ts";
import { cost, median, type ServerProcess, startServer, visits } from "../server-process.ts";
import type { Task } from "./machine.ts";
import { snapshotCost } from "./snapshot.ts";
import { bundledProgram } from "./bundled-program.ts";

/** As many as `visits` makes at once. */
const CLIENTS = 4;

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "first-use,claims,catch-up,revocations,handshakes,snapshot" },
    /** In the snapshot. */
    peers: { type: "string", default: "100000" },
    "cpu-prof": { type: "boolean", default: false },
  },
});

/** One line of the table. */
interface Row {
  readonly what: string;
  readonly target: string;
  readonly measured: string;
  readonly holds: boolean | null;
}

const folder = mkdtempSync(join(tmpdir(), "handclasp-bench-"));
const [programs] = postgresPrograms();
if (programs === undefined) throw new Error("no PostgreSQL was found, though npm installs one");
const postgres = await PostgresServer.open(programs);
const identityFile = join(folder, "server.pem");
const identity = await createIdentity({ name: "localhost", now: new Date() });
writeFileSync(identityFile, identity.privateKeyPem + identity.certificatePem);

const machineFile = await bundledProgram("machine");

const BENCHES: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
  "first-use": firstUse,
  claims,
  "catch-up": catchUp,
  revocations,
  handshakes,
  snapshot,
};

const rows: Row[] = [];
try {
  for (const name of values.only.split(",")) {
    const bench = BENCHES[name];
    if (bench === undefined) throw new Error(`there is no "${name}": ${Object.keys(BENCHES).join(", ")}`);
    console.error(`measuring ${name}`);
    rows.push(...(await bench()));
  }
} finally {
  await postgres[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
}
for (const { what, target, measured, holds } of rows)
  console.error(
    `${holds === false ? "MISSED" : "      "} ${what.padEnd(60)} ${target.padEnd(14)} ${measured}`,
  );
console.log(JSON.stringify(rows));

/** One claim after another on one machine. */
async function firstUse(): Promise<readonly Row[]> {
  const machine = await startMachine("first-use", urlOf("first-use", "first-use"));
  await ask(machine, { kind: "claims", count: 200, atOnce: 1 });
  const millis = await ask(machine, { kind: "claims", count: 1000, atOnce: 1 });
  await stop(machine);
  return [
    most("first use one at a time, p50", part(millis, 0.5), 5, " ms"),
    told("first use one at a time, p99", part(millis, 0.99), " ms"),
  ];
}

/** Three machines at once, each with as many clients as a busy gateway. */
async function claims(): Promise<readonly Row[]> {
  const names = ["one", "two", "three"];
  const machines = await Promise.all(
    names.map((name) => startMachine(name, urlOf(`claims-${name}`, "claims"))),
  );
  const each = 5000;
  await Promise.all(machines.map((machine) => ask(machine, { kind: "make-claims", count: 2048 + each })));
  // Until V8 has compiled what runs often.
  await Promise.all(machines.map((machine) => ask(machine, { kind: "claims", count: 2048, atOnce: 64 })));
  const cpuBefore = await cpuOf(machines);
  const began = performance.now();
  const millis = await Promise.all(
    machines.map((machine) => ask(machine, { kind: "claims", count: each, atOnce: 64 })),
  );
  const seconds = (performance.now() - began) / 1000;
  const count = millis.flat().length;
  const cpu = (await cpuOf(machines)) - cpuBefore;
  await Promise.all(machines.map(stop));
  return [
    least("claims a second from three machines together, durable", count / seconds, 3000, ""),
    told("a claim among them, p50", part(millis.flat(), 0.5), " ms"),
    told("CPU of the three machines for each", cpu / count, " ms"),
  ];
}

/** Milliseconds that they had of the processor together. */
async function cpuOf(machines: readonly ChildProcess[]): Promise<number> {
  const each = await Promise.all(machines.map((machine) => ask(machine, { kind: "cpu" })));
  return each.flat().reduce((sum, millis) => sum + millis, 0);
}

/** A machine that has nothing yet, on the log of the three. */
async function catchUp(): Promise<readonly Row[]> {
  const filler = await startMachine("filler", urlOf("filler", "catch-up"));
  const count = 30_000;
  await ask(filler, { kind: "claims", count, atOnce: 256 });
  await stop(filler);
  const machine = forkMachine("late", urlOf("late", "catch-up"));
  const [millis = Number.NaN] = await answer(machine);
  await stop(machine);
  return [least("changes a second that a machine catches up with", count / (millis / 1000), 10_000, "")];
}

/** Clients of one machine, revoked on another. */
async function revocations(): Promise<readonly Row[]> {
  const operator = await startMachine("operator", urlOf("operator", "revocations"));
  const server = await startServer(["guarded", urlOf("guarding", "revocations"), identityFile]);
  const millis: number[] = [];
  for (let count = 0; count < 200; count++) {
    const client = await createIdentity({ name: `client-${count}`, now: new Date() });
    await meet(operator, client, `client-${count}`);
    await met(server.port, client);
    const socket = await opened(server.port, client);
    const began = performance.now();
    const closed = new Promise((resolve) => socket.once("close", resolve));
    await ask(operator, { kind: "revoke", key: client.facts.pin });
    await closed;
    millis.push(performance.now() - began);
  }
  await stop(operator);
  server.child.disconnect();
  return [
    told("revoked on one machine, cut on another, p50", part(millis, 0.5), " ms"),
    most("revoked on one machine, cut on another, p99", part(millis, 0.99), 250, " ms"),
  ];
}

/** CPU of the server for a client that it knows, on a file and on a replica, in turn; and what the database is asked meanwhile. */
async function handshakes(): Promise<readonly Row[]> {
  const client = await createIdentity({ name: "client", now: new Date() });
  const network = await UnreliableNetwork.open(postgres.port, new Seeded(0));
  const url = urlOf("handshakes", "handshakes", network.port);
  await fillStore(join(folder, "file.db"), 0, [client.facts]);
  const file = await startServer(["guarded", join(folder, "file.db"), identityFile], profile("file"));
  const replica = await startServer(["guarded", url, identityFile], profile("replica"));
  const operator = await startMachine("handshakes-operator", urlOf("handshakes-operator", "handshakes"));
  await meet(operator, client, "client");
  await stop(operator);
  for (const { port } of [file, replica]) await met(port, client);
  const rounds = 21;
  const batch = 100;
  const costs = new Map<ServerProcess, number[]>([
    [file, []],
    [replica, []],
  ]);
  for (let round = -10; round < rounds; round++) {
    for (const server of round % 2 === 0 ? [file, replica] : [replica, file]) {
      const micros = await cost(server, () => visits(server.port, client, batch));
      if (round >= 0) costs.get(server)?.push(micros / batch);
    }
  }
  const ratios = (costs.get(replica) ?? []).map(
    (micros, at) => micros / (costs.get(file)?.[at] ?? Number.NaN),
  );
  const queries = await queriesFor(network, () => visits(replica.port, client, 2000));
  for (const { child } of [file, replica]) child.disconnect();
  await network[Symbol.asyncDispose]();
  return [
    most("CPU of a known client's handshake, beside a store in a file", round2(median(ratios)), 1.05, "x"),
    told("  in a file", median(costs.get(file) ?? []), " µs"),
    told("  on a replica", median(costs.get(replica) ?? []), " µs"),
    most("queries a connection, beyond those that go on anyhow", round2(queries / 2000), 0.01, ""),
  ];
}

/** A new machine that begins with what many peers left. */
async function snapshot(): Promise<readonly Row[]> {
  const { peers, makeSeconds, startSeconds, diskBytes, memoryBytes } = await snapshotCost(
    postgres,
    Number(values.peers),
  );
  return [
    told(`a snapshot of ${peers} peers is made in`, makeSeconds, " s"),
    most("  a new machine is ready by it in", round2(startSeconds), 60, " s"),
    most("  with disk", Math.round(diskBytes / 1e6), 2500, " MB"),
    most("  with memory", Math.round(memoryBytes / 1e6), 200, " MB"),
  ];
}

/** How many questions pass while something is done, less those that pass in as much time without. */
async function queriesFor(network: UnreliableNetwork, work: () => Promise<void>): Promise<number> {
  const before = network.questions;
  const began = performance.now();
  await work();
  const took = performance.now() - began;
  const meanwhile = network.questions - before;
  const idleBefore = network.questions;
  await new Promise((resolve) => setTimeout(resolve, took));
  return Math.max(0, meanwhile - (network.questions - idleBefore));
}

function urlOf(replica: string, schema: string, port = postgres.port): string {
  const query = new URLSearchParams({
    replica: join(folder, `${replica}.db`),
    schema: schema.replace("-", "_"),
    node: replica,
  });
  return `postgres://postgres@127.0.0.1:${port}/postgres?${query}`;
}

async function startMachine(name: string, url: string): Promise<ChildProcess> {
  const child = forkMachine(name, url);
  await answer(child);
  return child;
}

function forkMachine(name: string, url: string): ChildProcess {
  return fork(machineFile, [url, name], {
    execArgv: [...profile(name)],
    serialization: "advanced",
  });
}

function profile(name: string): readonly string[] {
  return values["cpu-prof"] ? ["--cpu-prof", `--cpu-prof-name=${name}.cpuprofile`] : [];
}

async function ask(child: ChildProcess, task: Task): Promise<readonly number[]> {
  const answered = answer(child);
  child.send(task);
  return answered;
}

async function answer(child: ChildProcess): Promise<readonly number[]> {
  const [millis] = (await once(child, "message")) as [readonly number[]];
  return millis;
}

async function stop(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.disconnect();
  await exited;
}

async function meet(operator: ChildProcess, { facts }: CreatedIdentity, peer: string): Promise<void> {
  await ask(operator, { kind: "meet", certificate: toSeenCertificate(facts), peer });
}

/** Until it is let in: a replica that has just been opened is not sure of anything yet. */
async function met(port: number, client: CreatedIdentity): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await visits(port, client, CLIENTS);
    } catch (error) {
      if (tries > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** A connection that its server keeps, once it knows the client. */
async function opened(port: number, { privateKeyPem, certificatePem }: CreatedIdentity): Promise<TLSSocket> {
  const socket = connect({
    host: "127.0.0.1",
    port,
    rejectUnauthorized: false,
    key: privateKeyPem,
    cert: certificatePem,
  });
  socket.on("error", () => undefined);
  await once(socket, "secureConnect");
  return socket;
}

function part(millis: readonly number[], share: number): number {
  const sorted = millis.toSorted((one, other) => one - other);
  return round2(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN);
}

function round2(value: number): number {
  return Number(value.toFixed(2));
}

function most(what: string, value: number, target: number, unit: string): Row {
  return { what, target: `≤ ${target}${unit}`, measured: `${value}${unit}`, holds: value <= target };
}

function least(what: string, value: number, target: number, unit: string): Row {
  const measured = `${Math.round(value)}${unit}`;
  return { what, target: `≥ ${target}${unit}`, measured, holds: value >= target };
}

function told(what: string, value: number, unit: string): Row {
  return { what, target: "", measured: `${round2(value)}${unit}`, holds: null };
}
