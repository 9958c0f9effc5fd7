// What a decision about a known key costs an authorizer: CPU of its process for each request over kept connections, on a store
// of 100 000 peers, beside Node's HTTP server that decides nothing; in alternating batches.
//
//     node benchmark/authorizer.ts [--rounds 15] [--batch 4000] [--peers 100000] [--cpu-prof]
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createIdentity } from "../src/x509/create-identity.ts";
import { fillStore } from "./fill-store.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "15" },
    batch: { type: "string", default: "4000" },
    peers: { type: "string", default: "100000" },
    "cpu-prof": { type: "boolean", default: false },
  },
});
const ROUNDS = Number(values.rounds);
const BATCH = Number(values.batch);
const WARM_UP = 3;
/** As many connections as a proxy with some workers keeps, and clients that come in turn. */
const CONNECTIONS = 4;
const CLIENTS = 50;

interface Server {
  readonly child: ChildProcess;
  readonly sockets: readonly Socket[];
}

const folder = mkdtempSync(join(tmpdir(), "handclasp-bench-"));
const store = join(folder, "trust.db");
const identities = await Promise.all(
  Array.from({ length: CLIENTS }, (_, at) => createIdentity({ name: `client ${at}`, now: new Date() })),
);
await fillStore(
  store,
  Number(values.peers),
  identities.map(({ facts }) => facts),
);

/** As nginx and Caddy ask. */
const REQUESTS: Readonly<Record<string, readonly Buffer[]>> = {
  nginx: identities.map(({ certificatePem }) =>
    toRequest("/nginx", "Ssl-Client-Cert", encodeURIComponent(certificatePem)),
  ),
  caddy: identities.map(({ facts }) =>
    toRequest("/caddy", "Client-Cert", `:${Buffer.from(facts.der).toString("base64")}:`),
  ),
};

function toRequest(path: string, field: string, value: string): Buffer {
  const fields = `Host: handclasp\r\nX-Forwarded-For: 192.0.2.7\r\n${field}: ${value}`;
  return Buffer.from(`GET ${path} HTTP/1.1\r\n${fields}\r\n\r\n`);
}

async function start(kind: string): Promise<Server> {
  const path = join(folder, `${kind}.sock`);
  const execArgv = values["cpu-prof"] ? ["--cpu-prof", `--cpu-prof-name=${kind}.cpuprofile`] : [];
  const child = fork(join(import.meta.dirname, "authorizer-server.ts"), [kind, store, path], { execArgv });
  await once(child, "message");
  const sockets = Array.from({ length: CONNECTIONS }, () => connect(path));
  return { child, sockets };
}

async function cpu({ child }: Server): Promise<number> {
  child.send("cpu");
  const [{ user, system }] = (await once(child, "message")) as [NodeJS.CpuUsage];
  return user + system;
}

/** One request after the other on a connection; each has to be answered with 200. */
function askAll(socket: Socket, requests: readonly Buffer[], count: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let asked = 0;
    let text = "";
    const next = (): void => {
      const request = requests[asked++ % requests.length];
      if (request !== undefined) socket.write(request);
    };
    const hear = (piece: Buffer): void => {
      text += piece.toString("latin1");
      if (!text.endsWith("\r\n\r\n")) return;
      if (!text.startsWith("HTTP/1.1 200 ")) return reject(new Error(text));
      text = "";
      if (asked < count) return next();
      socket.off("data", hear);
      resolve();
    };
    socket.on("data", hear);
    next();
  });
}

/** Microseconds of the server's CPU for each request. */
async function cost(server: Server, requests: readonly Buffer[]): Promise<number> {
  const before = await cpu(server);
  await Promise.all(server.sockets.map((socket) => askAll(socket, requests, BATCH / CONNECTIONS)));
  return ((await cpu(server)) - before) / BATCH;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}

const servers = { authorizer: await start("authorizer"), bare: await start("bare") };
const costs: Record<string, Record<string, number[]>> = {};
for (let round = -WARM_UP; round < ROUNDS; round++) {
  for (const [kind, server] of Object.entries(servers)) {
    for (const [proxy, requests] of Object.entries(REQUESTS)) {
      const micros = await cost(server, requests);
      if (round >= 0) ((costs[proxy] ??= {})[`${kind}Micros`] ??= []).push(micros);
    }
  }
}
for (const { child, sockets } of Object.values(servers)) {
  for (const socket of sockets) socket.destroy();
  child.disconnect();
}
rmSync(folder, { recursive: true, force: true });
const figures = Object.entries(costs).map(([proxy, kinds]) => {
  const medians = Object.entries(kinds).map(([kind, micros]) => [kind, Number(median(micros).toFixed(1))]);
  return [proxy, Object.fromEntries(medians)];
});
console.log(JSON.stringify(Object.fromEntries(figures)));
