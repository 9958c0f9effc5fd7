import { randomUUID } from "node:crypto";
import assert from "node:assert/strict";
import { MemoryCluster } from "../../../../src/store/log/memory-cluster.ts";
import { makeSnapshot } from "../../../../src/store/replica/make-snapshot.ts";
import {
  encodeSnapshotPart,
  parseSnapshotPart,
} from "../../../../src/store/sqlite/snapshot/snapshot-part.ts";
import { claimOf } from "../../../../src/testing/contract/claims.ts";
import type { Snapshot, SnapshotFacts } from "../../../../src/trust/port/snapshot-shelf.ts";
import { factsOf } from "../../../support/certificates.ts";
import { randomChange } from "../../../trust/support/random-change.ts";
import { MemoryNode, type NodeOptions } from "./memory-node.ts";

export const AT: number = Date.UTC(2030, 0, 1);

/** Nodes that are closed together. */
export class MemoryNodes implements AsyncDisposable {
  readonly #nodes: MemoryNode[] = [];

  of(cluster: MemoryCluster, options: NodeOptions = {}): MemoryNode {
    const node = new MemoryNode(cluster, options);
    this.#nodes.push(node);
    return node;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#nodes.splice(0).map(({ channel }) => channel.close()));
  }
}

/** A cluster of which one node has done something of everything. */
export async function filled(nodes: MemoryNodes): Promise<{ cluster: MemoryCluster; node: MemoryNode }> {
  const cluster = new MemoryCluster({ now: () => AT });
  const node = nodes.of(cluster);
  for (let step = 0; step < 120; step++) {
    const draw = { kind: step * 7, key: step, other: step * 3, name: step % 5, choice: step % 12, waitMs: 0 };
    await node.apply(randomChange(draw, AT + step));
  }
  for (let peer = 0; peer < 30; peer++) await node.apply(claimOf(factsOf(`peer-${peer}`)));
  return { cluster, node };
}

export async function put(cluster: MemoryCluster, node: MemoryNode): Promise<SnapshotFacts> {
  const [self] = await cluster.nodes.nodes();
  return makeSnapshot({ cluster, database: node.database, node: self?.id ?? randomUUID() });
}

export async function confirmed(cluster: MemoryCluster, node: MemoryNode): Promise<Snapshot> {
  const facts = await put(cluster, node);
  await cluster.snapshots.confirm(facts.id, { node: randomUUID(), way: "follows", digest: facts.digest });
  const [snapshot = assert.fail()] = await cluster.snapshots.list();
  return snapshot;
}

/** What is there, with another snapshot of it in which something is changed; and the digest that it says, if it is another one. */
export async function forge(
  cluster: MemoryCluster,
  change: (parts: Uint8Array[]) => readonly Uint8Array[],
  digest?: string,
): Promise<void> {
  const [former = assert.fail()] = await cluster.snapshots.list();
  const snapshot = { ...former, digest: digest ?? former.digest };
  const parts: Uint8Array[] = [];
  for (let part = 0; part < snapshot.parts; part++)
    parts.push(await cluster.snapshots.part(snapshot.id, part));
  await cluster.snapshots.drop(snapshot.id);
  const id = randomUUID();
  await cluster.snapshots.begin({ ...snapshot, id });
  for (const [part, bytes] of change(parts).entries()) await cluster.snapshots.put(id, part, bytes);
  await cluster.snapshots.finish(id);
  for (const word of [
    ...former.words.map((said) => ({ ...said, digest: snapshot.digest })),
    { node: randomUUID(), way: "anew", digest: snapshot.digest } as const,
  ]) {
    await cluster.snapshots.confirm(id, word);
  }
}

export function rewritten(
  parts: readonly Uint8Array[],
  table: string,
  change: (rows: unknown[][]) => unknown[][],
): Uint8Array[] {
  return parts.map((bytes) => {
    const { table: of, columns, bytes: inBytes, ...part } = parseSnapshotPart(bytes);
    return of === table
      ? encodeSnapshotPart({
          table,
          columns,
          bytes: inBytes,
          rows: change(Array.from(part.rows(), (row) => [...row])),
        })
      : bytes;
  });
}
