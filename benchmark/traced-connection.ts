// What tracing costs: CPU of a `tls.createServer` that asks for a certificate, against the same server observed (every
// connection, none, one in a hundred) or only tapped, each in a process of its own, in alternating batches.
//
//     node benchmark/traced-connection.ts [--rounds 31] [--bulk-rounds 7] [--batch 200] [--kinds traced,untraced] [--cpu-prof]
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createIdentity } from "../src/x509/create-identity.ts";
import { cost, median, type ServerProcess, startServer, visit, visits } from "./server-process.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "31" },
    batch: { type: "string", default: "200" },
    "bulk-rounds": { type: "string", default: "7" },
    kinds: { type: "string", default: "tapped,traced,untraced,sampled" },
    "cpu-prof": { type: "boolean", default: false },
  },
});
const ROUNDS = Number(values.rounds);
const BULK_ROUNDS = Number(values["bulk-rounds"]);
const BATCH = Number(values.batch);
/** Every ratio is to the first. */
const KINDS = ["bare", ...values.kinds.split(",")];
/** Handshakes before anything counts: V8 has compiled then what is going to be measured. */
const WARM_UP = 3000;
/** One bulk batch sends so many megabytes. */
const BULK_MEGABYTES = 512;

const folder = mkdtempSync(join(tmpdir(), "handclasp-bench-"));
const identityFile = join(folder, "server.pem");
const serverIdentity = await createIdentity({ name: "localhost", now: new Date() });
writeFileSync(identityFile, serverIdentity.privateKeyPem + serverIdentity.certificatePem);
const client = await createIdentity({ name: "client", now: new Date() });
const servers = new Map<string, ServerProcess>();
for (const kind of KINDS) {
  const execArgv = values["cpu-prof"] ? ["--cpu-prof", `--cpu-prof-name=${kind}.cpuprofile`] : [];
  servers.set(kind, await startServer([kind, "memory:", identityFile], execArgv));
}

interface Cost {
  /** The median of CPU per unit. */
  readonly micros: number;
  /** The median, over all rounds, of the cost against the bare server's in the same round. */
  readonly ratio: number;
}

/** All servers in turn, the first rounds not counted. */
async function compare(
  { rounds, warmUp, units }: { readonly rounds: number; readonly warmUp: number; readonly units: number },
  work: (server: ServerProcess) => Promise<void>,
): Promise<Record<string, Cost>> {
  const costs = new Map<string, number[]>(KINDS.map((kind) => [kind, []]));
  for (let round = -warmUp; round < rounds; round++) {
    for (const [kind, server] of round % 2 === 0 ? servers : [...servers].toReversed()) {
      const micros = await cost(server, () => work(server));
      if (round >= 0) costs.get(kind)?.push(micros / units);
    }
  }
  const bare = costs.get("bare") ?? [];
  const entries = [...costs].map(([kind, micros]): [string, Cost] => {
    const ratios = micros.map((each, round) => each / (bare[round] ?? Number.NaN));
    return [kind, { micros: Math.round(median(micros)), ratio: Number(median(ratios).toFixed(3)) }];
  });
  return Object.fromEntries(entries);
}

const figures = {
  full: await compare({ rounds: ROUNDS, warmUp: WARM_UP / BATCH, units: BATCH }, ({ port }) =>
    visits(port, client, BATCH),
  ),
  bulk: await compare({ rounds: BULK_ROUNDS, warmUp: 2, units: BULK_MEGABYTES / 1000 }, ({ port }) =>
    visit(port, client, BULK_MEGABYTES),
  ),
};
for (const { child } of servers.values()) child.disconnect();
rmSync(folder, { recursive: true, force: true });
console.log(JSON.stringify(figures));
