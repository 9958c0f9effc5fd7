// node test/store/log/golden/make.ts: made log.json and came-to.json, once. Never again: what a log leads to is for good, and a
// difference to these is a fault of the rules, or needs rules of another number (docs/decisions/0075-a-digest-of-what-was-decided.md).
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LOG_START, type LogEntry } from "../../../../src/trust/port/change-log.ts";
import { MemoryCluster } from "../../../../src/store/log/memory-cluster.ts";
import { claimOf } from "../../../../src/testing/contract/claims.ts";
import type { Change, Outcome } from "../../../../src/trust/records/change.ts";
import { factsOf } from "../../../support/certificates.ts";
import { randomChange } from "../../../trust/support/random-change.ts";
import { MemoryNode } from "../../replica/support/memory-node.ts";
import { carryOut } from "./carry-out.ts";

const AT = Date.UTC(2030, 0, 1);
const ORIGIN = { actor: { user: "olga", process: "golden 1", address: "192.0.2.7", listener: null } };
/** In Unicode 17, a capital letter of Beria Erfe; before, nothing that could be in a name. */
const NEW = "\u{16EA0}";

const log = join(import.meta.dirname, "log.json");
if (existsSync(log)) throw new Error("it is there: it is never made again");

const cluster = new MemoryCluster({ stamp: ({ change }) => JSON.parse(change).change.at as number });
const nodes = [new MemoryNode(cluster), new MemoryNode(cluster), new MemoryNode(cluster)];
let seed = 17;
let at = AT;

function draw(most: number): number {
  seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
  return (seed >>> 8) % (most + 1);
}

async function apply(change: Change): Promise<Outcome | undefined> {
  return nodes[draw(2)]?.apply(change);
}

for (let round = 0; round < 12; round += 1) {
  for (let step = 0; step < 60; step += 1) {
    at += [0, 1, 400_000, 90_000_000][draw(3)] ?? 0;
    const drawn = { key: draw(5), other: draw(5), name: draw(4), choice: draw(11), waitMs: 0 };
    await apply(randomChange({ kind: draw(99), ...drawn }, at));
  }
  const facts = factsOf(`${NEW}nna ${round}`);
  const origin = { at, ...ORIGIN };
  const token = {
    publicKey: new Uint8Array(32).fill(round),
    serverPin: facts.pin,
    from: null,
    replace: false,
  };
  const id = String(round).padStart(32, "a");
  const changes: readonly Change[] = [
    { ...claimOf(facts), at, actor: ORIGIN.actor },
    { ...claimOf(factsOf(`${NEW}NNA ${round}`)), at, actor: ORIGIN.actor },
    { type: "add-to-group", ...origin, key: facts.pin, group: `${NEW} lab` },
    {
      type: "create-token",
      ...origin,
      token: { ...token, id, peer: `new ${NEW}${round}`, groups: [`${NEW}s`], expires: at + 1e7 },
    },
    { type: "join", ...origin, token: id, certificate: claimOf(factsOf("somebody")).certificate },
    {
      type: "create-api-token",
      ...origin,
      token: { id, hash: id + id, name: `${NEW} CI ${round}`, scope: "read", expires: at + 1e7 },
    },
    { type: "rename", ...origin, key: facts.pin, peer: `other ${NEW} ${round}` },
    { type: "revoke", ...origin, key: `${NEW}nna ${round}` },
    { type: "write-note", ...origin, key: `other ${NEW} ${round}`, note: `ours: ${NEW}` },
  ];
  for (const change of changes) {
    const outcome = await apply(change);
    if (round % 2 === 0 || outcome?.kind !== "changed" || outcome.event === undefined) continue;
    await apply({ type: "undo", ...origin, sequence: outcome.event });
  }
}

for (const { channel } of nodes) await channel.close();
const entries: LogEntry[] = [];
for (;;) {
  const read = await cluster.log.read(entries.at(-1) ?? LOG_START, 1000);
  if (read.entries.length === 0) break;
  entries.push(...read.entries);
}
writeFileSync(log, `[\n${entries.map((entry) => JSON.stringify(entry)).join(",\n")}\n]\n`);
writeFileSync(join(import.meta.dirname, "came-to.json"), `${JSON.stringify(carryOut(log), null, 2)}\n`);
