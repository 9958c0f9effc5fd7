import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { MemoryCluster } from "../../../src/store/log/memory-cluster.ts";
import { encodeSettledChange } from "../../../src/store/log/settled-change.ts";
import { ReplicaReader } from "../../../src/store/replica/replica-reader.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import { toSeenCertificate } from "../../../src/trust/judging/seen-certificate.ts";
import { toKeyId } from "../../../src/trust/naming/key-id.ts";
import { parseKeyReference } from "../../../src/trust/naming/key-reference.ts";
import { prepareChange } from "../../../src/trust/prepare-change.ts";
import { parseEvent } from "../../../src/trust/records/events.ts";
import type { Change } from "../../../src/trust/records/change.ts";
import type { CertificateFacts } from "../../../src/x509/certificate-facts.ts";
import { settledFacts } from "../../support/certificates.ts";
import type { MemoryNode } from "./support/memory-node.ts";
import { MemoryNodes } from "./support/snapshots.ts";

const AT = Date.UTC(2030, 0, 1);
const ORIGIN = { at: AT, actor: { user: "olga", process: "test 1", address: null, listener: null } };
const BY = { node: randomUUID(), rules: 1 };

const renewal = (number: string): CertificateFacts => settledFacts("alice", number, "alice");
const [first, second, third] = [renewal("first"), renewal("second"), renewal("third")];

/** Two machines that know alice, who was renewed at the first of them alone, twice. */
async function renewedAtOne(nodes: MemoryNodes): Promise<{
  readonly cluster: MemoryCluster;
  readonly here: MemoryNode;
  readonly there: MemoryNode;
}> {
  const cluster = new MemoryCluster();
  const [here, there] = [nodes.of(cluster), nodes.of(cluster)];
  await here.apply(claimOf(first));
  await there.channel.catchUp();
  for (const renewed of [second, third])
    await here.apply({ type: "renew", ...ORIGIN, certificate: toSeenCertificate(renewed) });
  return { cluster, here, there };
}

function holdOf(facts: CertificateFacts): Change {
  const certificate = toSeenCertificate(facts);
  const pending = { pendingExpires: AT + 1_000_000, maxPending: 5000 };
  return { type: "hold", ...ORIGIN, ...pending, certificate, peer: null, conflictsWith: null };
}

async function agree(...nodes: readonly MemoryNode[]): Promise<void> {
  for (const { channel } of nodes) await channel.catchUp();
  const [one, ...others] = nodes.map(({ database }) => new ReplicaReader(database).standing());
  for (const other of others) assert.deepEqual(other, one);
}

describe("a key whose certificates each machine has others of", () => {
  const changes: readonly Change[] = [
    { type: "revoke", ...ORIGIN, key: second.fingerprint },
    { type: "ignore", ...ORIGIN, key: second.fingerprint },
    { type: "set-aside", ...ORIGIN, key: second.fingerprint },
    { type: "forget", ...ORIGIN, key: second.fingerprint },
    { type: "rename", ...ORIGIN, key: second.fingerprint, peer: "carol" },
    { type: "write-note", ...ORIGIN, key: second.fingerprint, note: "seen at the fair" },
    { type: "add-to-group", ...ORIGIN, key: second.fingerprint, group: "dba" },
    {
      type: "approve",
      ...ORIGIN,
      key: second.fingerprint,
      peer: null,
      onConflict: "fail",
      expires: AT + 1_000_000,
    },
  ];
  for (const change of changes) {
    it(`is meant everywhere by the fingerprint of one of them (${change.type})`, async () => {
      await using nodes = new MemoryNodes();
      const { here, there } = await renewedAtOne(nodes);
      const before = new ReplicaReader(there.database).standing();
      assert.equal((await here.apply(change))?.kind, "changed");
      await agree(here, there);
      assert.notEqual(new ReplicaReader(there.database).standing().digest, before.digest);
    });
  }

  it("is found by no fingerprint that the machine does not have: nothing is appended", async () => {
    await using nodes = new MemoryNodes();
    const { here, there } = await renewedAtOne(nodes);
    assert.equal(await there.apply({ type: "revoke", ...ORIGIN, key: second.fingerprint }), undefined);
    await agree(here, there);
    assert.equal(there.tables.key(first.pin)?.state, "trusted");
    assert.equal(new ReplicaReader(there.database).place().position, 1);
  });

  it("is brought along as it waits where it was named by a fingerprint", async () => {
    await using nodes = new MemoryNodes();
    const cluster = new MemoryCluster();
    const [here, there] = [nodes.of(cluster), nodes.of(cluster)];
    const stranger = settledFacts("stranger", "", "stranger");
    await here.apply(holdOf(stranger));
    assert.equal(
      (await here.apply({ type: "revoke", ...ORIGIN, key: stranger.fingerprint }))?.kind,
      "changed",
    );
    await agree(here, there);
    assert.equal(there.tables.key(stranger.pin)?.state, "revoked");
  });

  it("has no machine say another fingerprint than the others, whatever somebody appends", async () => {
    await using nodes = new MemoryNodes();
    const { cluster, here, there } = await renewedAtOne(nodes);
    const approve = prepareChange({
      type: "approve",
      ...ORIGIN,
      key: first.pin,
      peer: "carol",
      onConflict: "fail",
    });
    const end = {
      type: "take-away",
      ...ORIGIN,
      takings: [{ what: "end", pin: first.pin, expires: AT + 1000 }],
      details: {},
    } as const;
    for (const change of [approve, end])
      await cluster.log.append([{ id: randomUUID(), change: encodeSettledChange({ change, seen: [] }) }], BY);
    await agree(here, there);
    const events = there.database.prepare("SELECT json FROM events ORDER BY sequence").all();
    assert.deepEqual(
      events.map(({ json }) => parseEvent(String(json))?.details["fingerprint"]),
      [first.fingerprint, undefined, undefined],
    );
  });

  it("is in one chain of all once an end was taken again that a branch of the log had", async () => {
    await using nodes = new MemoryNodes();
    const { cluster, here, there } = await renewedAtOne(nodes);
    await there.apply(claimOf(settledFacts("bob", "", "bob")));
    await here.channel.catchUp();
    const { position } = new ReplicaReader(there.database).place();
    const until = { onConflict: "fail", peer: null, expires: AT + 1_000_000 } as const;
    assert.equal(
      (await there.apply({ type: "approve", ...ORIGIN, key: first.pin, ...until }))?.kind,
      "changed",
    );
    cluster.log.cut(position);
    await there.channel.catchUp();
    await agree(here, there);
    assert.equal(here.tables.key(first.pin)?.expires, AT + 1_000_000);
  });

  it("has no machine look a fingerprint up for the log: such a change is malformed everywhere", async () => {
    await using nodes = new MemoryNodes();
    const { cluster, here, there } = await renewedAtOne(nodes);
    const change = prepareChange({ type: "revoke", ...ORIGIN, key: second.fingerprint });
    assert.throws(() => encodeSettledChange({ change, seen: [] }), { code: "ERR_HANDCLASP_MALFORMED" });
    const id = randomUUID();
    await cluster.log.append([{ id, change: JSON.stringify({ change, seen: [] }) }], BY);
    await agree(here, there);
    for (const { database, tables } of [here, there]) {
      const outcome = new ReplicaReader(database).outcomeOf(id);
      assert.equal(outcome?.ok === false && outcome.error.code, "ERR_HANDCLASP_MALFORMED");
      assert.equal(tables.key(first.pin)?.state, "trusted");
    }
  });

  it("is meant everywhere by its id, however many strangers one machine has seen", async () => {
    await using nodes = new MemoryNodes();
    const cluster = new MemoryCluster();
    const [here, there] = [nodes.of(cluster), nodes.of(cluster)];
    // In the order of pins it comes after most.
    const last = Array.from({ length: 1000 }, (_, number) => settledFacts(`last ${number}`, "", "last")).find(
      ({ pin }) => pin.startsWith("sha256:z"),
    );
    assert.ok(last);
    await here.apply(claimOf(last));
    for (let number = 0; number < 1100; number++)
      await here.apply(holdOf(settledFacts(`stranger ${number}`, "", undefined)));
    const key = { ...parseKeyReference(toKeyId(last.pin)), kind: "key-id", pinPrefix: "sha256:" };
    const change = { type: "revoke", ...ORIGIN, key };
    await cluster.log.append([{ id: randomUUID(), change: JSON.stringify({ change, seen: [] }) }], BY);
    await agree(here, there);
    for (const { tables } of [here, there]) assert.equal(tables.key(last.pin)?.state, "revoked");
  });
});
