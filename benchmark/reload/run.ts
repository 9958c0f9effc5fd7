// `npm run bench:reload`: what kept connections lose, beside HAProxy and nginx in one run, when the configuration changes,
// when the service behind restarts, and when others are revoked. A table on stderr, JSON on stdout.
//
//     npm run -s bench:reload -- [--reloads 50] [--restarts 5] [--revocations 20] [--every 300] [--away 500]
//       [--http1 25] [--http2 3] [--workers 1] [--only NAME;…] [--write]
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createSecureContext } from "node:tls";
import { parseArgs } from "node:util";
import { openStore } from "../../src/store/open-store.ts";
import { Operator } from "../../src/operator/operator.ts";
import { createIdentity } from "../../src/x509/create-identity.ts";
import { findBinary } from "../peers/contenders.ts";
import {
  type Contender as Process,
  killContenders,
  pidOf,
  startContender,
  stopContender,
} from "../peers/server-under-test.ts";
import { type ClientOptions, keepHttp1, keepHttp2 } from "./clients.ts";
import { type Contender, CONTENDERS, type Setup } from "./contenders.ts";
import { Services } from "./services.ts";
import { type Outcome, toMarkdown, toText, writePage } from "./outcome.ts";
import { Tally } from "./tally.ts";
import { change, FIRST, type Variant } from "./variant.ts";
import { freePort } from "../../test/support/free-port.ts";

const { values } = parseArgs({
  options: {
    reloads: { type: "string", default: "50" },
    restarts: { type: "string", default: "5" },
    revocations: { type: "string", default: "20" },
    /** Milliseconds from one change to the next. */
    every: { type: "string", default: "300" },
    /** Milliseconds that nobody listens in a restart, at the least. */
    away: { type: "string", default: "500" },
    http1: { type: "string", default: "25" },
    http2: { type: "string", default: "3" },
    workers: { type: "string", default: "1" },
    /** Names of servers; all that are here without it. */
    only: { type: "string" },
    write: { type: "boolean", default: false },
  },
});
const EVERY_MS = Number(values.every);
const SETTLE_MS = 2000;

const folder = mkdtempSync(join(tmpdir(), "handclasp-reload-"));
const client = await createIdentity({ name: "client", now: new Date() });
const clientCertificate = write("client.pem", client.certificatePem);
const identities = await Promise.all(
  ["first", "second"].map(async (name) => {
    const { privateKeyPem, certificatePem } = await createIdentity({ name: "localhost", now: new Date() });
    return write(`${name}.pem`, privateKeyPem + certificatePem);
  }),
);
const storeFile = join(folder, "trust.db");
const store = openStore(storeFile, { process: "bench" });
const operator = new Operator(store, { user: "bench", process: "bench", now: Date.now });
await operator.import(client.facts);
const secureContext = createSecureContext({ key: client.privateKeyPem, cert: client.certificatePem });
const services = new Services();
await services.start();

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

/** What is done to a server while its clients are busy. */
interface Scene {
  readonly contender: Contender;
  readonly setup: Setup;
  readonly server: Process;
  readonly tally: Tally;
}

/** How often it was done, and how often that was seen in the answers. */
interface Done {
  readonly done: number;
  readonly unseen: number;
}

const WORK: Readonly<Record<string, (scene: Scene) => Promise<Done>>> = {
  nothing: async () => {
    await sleep(SETTLE_MS);
    return { done: 1, unseen: 0 };
  },
  reloads: reloads,
  "restarts of the service": () => restarts("SIGTERM"),
  "breakdowns of the service": () => restarts("SIGKILL"),
  "revocations of others": revocations,
};

/** Waits for each to be seen where answers can show it: a reload that does nothing loses nothing, either. */
async function reloads({ contender, setup, server, tally }: Scene): Promise<Done> {
  let variant: Variant = FIRST;
  let unseen = 0;
  const count = Number(values.reloads);
  for (let round = 0; round < count; round++) {
    const { service } = variant;
    variant = change(variant, round);
    contender.configure(setup, variant);
    process.kill(pidOf(server), contender.signal);
    await sleep(EVERY_MS);
    if (service !== variant.service && !(await isAnswering(tally, String(variant.service)))) unseen += 1;
  }
  contender.configure(setup, FIRST);
  process.kill(pidOf(server), contender.signal);
  return { done: count, unseen };
}

async function isAnswering(tally: Tally, service: string): Promise<boolean> {
  const before = tally.services.get(service) ?? 0;
  for (let waited = 0; waited < 5000; waited += 50) {
    if ((tally.services.get(service) ?? 0) > before) return true;
    await sleep(50);
  }
  return false;
}

async function restarts(signal: "SIGTERM" | "SIGKILL"): Promise<Done> {
  const count = Number(values.restarts);
  for (let round = 0; round < count; round++) {
    await services.restart(signal, Number(values.away));
    await sleep(SETTLE_MS);
  }
  return { done: count, unseen: 0 };
}

async function revocations({ contender }: Scene): Promise<Done> {
  if (!contender.revokes) return { done: 0, unseen: 0 };
  const count = Number(values.revocations);
  for (let round = 0; round < count; round++) {
    const other = await createIdentity({ name: `other ${contender.name} ${round}`, now: new Date() });
    await operator.import(other.facts);
    await sleep(EVERY_MS);
    await operator.revoke(other.facts.pin);
  }
  return { done: count, unseen: 0 };
}

async function measure(contender: Contender): Promise<readonly Outcome[]> {
  const port = await freePort();
  const workers = Number(values.workers);
  const setup = {
    folder,
    port,
    services: services.ports,
    identities,
    clientCertificate,
    store: storeFile,
    workers,
  };
  const file = contender.configure(setup, FIRST);
  const server = await startContender(contender.name, port, contender.start(file, setup));
  const outcomes: Outcome[] = [];
  for (const [what, work] of Object.entries(WORK)) {
    console.error(`measuring: ${contender.name}, ${what}`);
    const tally = new Tally();
    const ending = new AbortController();
    const options: ClientOptions = { port, secureContext, tally, ended: ending.signal };
    const clients = [
      ...Array.from({ length: Number(values.http1) }, () => keepHttp1(options)),
      ...Array.from({ length: Number(values.http2) }, () => keepHttp2(options)),
    ];
    await sleep(EVERY_MS);
    const { done, unseen } = await work({ contender, setup, server, tally });
    await sleep(SETTLE_MS);
    ending.abort();
    await Promise.all(clients);
    if (server.child.exitCode !== null) throw new Error(`${contender.name} ended`);
    const { answered, losses: lost } = tally;
    outcomes.push({
      server: contender.name,
      what,
      done,
      unseen,
      answered,
      lost,
      by: Object.fromEntries(tally.lost),
    });
  }
  await stopContender(server);
  return outcomes;
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    killContenders();
    process.exit(1);
  });
}
try {
  const names = values.only?.split(";");
  const wanted = CONTENDERS.filter(({ name }) => names?.includes(name) ?? true);
  const outcomes: Outcome[] = [];
  for (const contender of wanted) {
    if (findBinary(contender.binary) === undefined) {
      console.error(`not found: ${contender.name} (apt-get install ${contender.packages.join(" ")})`);
    } else {
      outcomes.push(...(await measure(contender)));
    }
  }
  console.error(toText(outcomes));
  const machine = {
    node: process.versions.node,
    cpu: cpus()[0]?.model,
    cores: cpus().length,
  };
  const about = `${machine.cores} cores (${machine.cpu}), Node ${machine.node}; ${values.http1} connections of HTTP/1.1 and ${values.http2} sessions of HTTP/2.`;
  if (values.write) writePage(toMarkdown(outcomes, about));
  console.log(JSON.stringify({ machine, outcomes }, null, 2));
} finally {
  killContenders();
  await services.stop();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
}
