import assert from "node:assert/strict";
import { copyFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { isHandclaspError } from "../../../src/errors.ts";
import { MemoryCluster } from "../../../src/store/log/memory-cluster.ts";
import { MemoryNodeRoster } from "../../../src/store/log/memory-node-roster.ts";
import { Operator } from "../../../src/operator/operator.ts";
import { Contact } from "../../../src/store/replica/contact.ts";
import { openReplica } from "../../../src/store/replica/open-replica.ts";
import { type Runtime, SYSTEM } from "../../../src/store/replica/runtime.ts";
import { openSqliteStore } from "../../../src/store/sqlite/sqlite-store.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import type { Beat, NodeReport } from "../../../src/trust/port/node-roster.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { OpenAdmin } from "../../admin/support/open-admin.ts";
import { factsOf } from "../../support/certificates.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const ANNA = factsOf("anna");
const MINUTE_MS = 60_000;

/** A machine whose clocks a test moves, beside a log that it takes away. */
class Machine {
  readonly path: string = join(temporaryFolder(), "replica.db");
  readonly cluster: MemoryCluster = new MemoryCluster();
  wallMs = 0;
  elapsedMs = 0;
  isAway = false;
  /** The log answers nobody before that. */
  answers: Promise<void> = Promise.resolve();
  readonly #runtime: Runtime = {
    ...SYSTEM,
    now: () => Date.now() + this.wallMs,
    elapsed: () => SYSTEM.elapsed() + this.elapsedMs,
  };

  open(maxStalenessMs = 5 * MINUTE_MS, path: string = this.path): TrustStore {
    const { cluster } = this;
    const nodes = new AwayRoster(this);
    const { log, shared, snapshots } = cluster;
    return openReplica(path, {
      cluster: { log, shared, snapshots, nodes, hangUp: () => undefined, close: async () => undefined },
      machine: "edge-1",
      url: "memory log",
      maxStalenessMs,
      runtime: this.#runtime,
    });
  }

  /** Both of its clocks go on. */
  pass(ms: number): void {
    this.wallMs += ms;
    this.elapsedMs += ms;
  }
}

class AwayRoster extends MemoryNodeRoster {
  readonly #machine: Machine;

  constructor(machine: Machine) {
    super(Date.now, 1);
    this.#machine = machine;
  }

  override async beat(report: NodeReport): Promise<Beat> {
    await this.#machine.answers;
    if (this.#machine.isAway) throw new Error("nobody answers");
    return super.beat(report);
  }
}

function operatorOf(store: TrustStore): Operator {
  return new Operator(store, { user: "root", process: "test 1", now: Date.now });
}

/** Whether a verdict on a known key comes about. */
function knows(store: TrustStore): boolean {
  try {
    return store.key(ANNA.pin)?.state === "trusted";
  } catch (error) {
    assert.ok(isHandclaspError(error, "ERR_HANDCLASP_STORE_READ"), String(error));
    return false;
  }
}

async function met(machine: Machine): Promise<void> {
  await using store = machine.open();
  await store.catchUp();
  await store.apply(claimOf(ANNA));
}

/** As `catchUp`, by a look that began after this was called: one that is under way may have found the log still there. */
async function lookAnew(store: TrustStore): Promise<void> {
  await store.catchUp();
  await store.catchUp();
}

function idOf(store: TrustStore): string | undefined {
  return store.replication()?.node.id;
}

async function onceOpened<T>(machine: Machine, path: string, look: (store: TrustStore) => T): Promise<T> {
  await using store = machine.open(undefined, path);
  return look(store);
}

describe("a replica whose log is away", () => {
  it("admits known keys as long as it is new enough, and lists them after that", async () => {
    const machine = new Machine();
    await using store = machine.open();
    await store.catchUp();
    await store.apply(claimOf(ANNA));
    machine.isAway = true;
    await assert.rejects(lookAnew(store), /as of .*: nobody answers/);
    assert.ok(knows(store));
    assert.equal(store.replication()?.database, "away");
    machine.pass(4 * MINUTE_MS);
    assert.ok(knows(store));
    machine.pass(2 * MINUTE_MS);
    assert.ok(!knows(store));
    assert.equal(store.replication()?.isStale, true);
    assert.equal((await store.listKeys()).items.length, 1);
    machine.isAway = false;
    await store.catchUp();
    assert.ok(knows(store));
    assert.equal(store.replication()?.database, "reached");
  });

  it("knows no operator by an API token or a session when it is too old, nor one who is signed in, and says why", async () => {
    const machine = new Machine();
    await using api = await OpenAdmin.open(machine.open());
    const { store } = api;
    await store.catchUp();
    const { token } = await operatorOf(store).createApiToken({
      name: "ci",
      scope: "read",
      expires: Date.now() + 60 * MINUTE_MS,
    });
    const bearer = { authorization: `Bearer ${token}` };
    const session = await api.signIn();
    const stream = await fetch(`${api.origin}/v1/stream`, { headers: bearer });
    assert.equal(stream.status, 200);
    machine.isAway = true;
    await assert.rejects(lookAnew(store));
    for (const headers of [bearer, session])
      assert.equal((await api.ask("/v1/keys", { headers })).status, 200);
    machine.pass(6 * MINUTE_MS);
    for (const headers of [bearer, session]) {
      const { status, body } = await api.ask("/v1/keys", { headers });
      assert.equal(status, 503);
      assert.match(String(body["detail"]), /what this machine knows is as of .*cannot be compared/);
    }
    // It ends, though nobody asks for anything.
    await stream.text();
    machine.isAway = false;
    await store.catchUp();
    for (const headers of [bearer, session])
      assert.equal((await api.ask("/v1/keys", { headers })).status, 200);
  });

  it("refuses to write at once, and writes again when the log is back", async () => {
    const machine = new Machine();
    await using store = machine.open();
    await store.catchUp();
    machine.isAway = true;
    await assert.rejects(lookAnew(store));
    await assert.rejects(
      store.apply(claimOf(ANNA)),
      (error) =>
        isHandclaspError(error, "ERR_HANDCLASP_STORE_WRITE") && error.message.includes("nobody answers"),
    );
    machine.isAway = false;
    await store.catchUp();
    assert.equal((await store.apply(claimOf(ANNA))).kind, "changed");
  });

  it("refuses nobody because this process stood still: what the log said meanwhile is still to be heard", async () => {
    const machine = new Machine();
    await using store = machine.open();
    await lookAnew(store);
    const { promise, resolve } = Promise.withResolvers<void>();
    machine.answers = promise;
    const looked = lookAnew(store);
    machine.elapsedMs += MINUTE_MS;
    const { kind } = await store.apply(claimOf(ANNA)).finally(resolve);
    assert.equal(kind, "changed");
    await looked;
  });

  it("has two seconds where it may be no older than nothing: one look may be on its way", async () => {
    const machine = new Machine();
    await using store = machine.open(0);
    await store.catchUp();
    await store.apply(claimOf(ANNA));
    machine.isAway = true;
    await assert.rejects(lookAnew(store));
    machine.pass(3000);
    assert.ok(!knows(store));
  });

  it("knows after a start how old it is, and takes a clock that went back for no answer", async () => {
    const machine = new Machine();
    await met(machine);
    machine.isAway = true;
    const startAfter = async (ms: number): Promise<boolean> => {
      machine.wallMs = ms;
      await using store = machine.open();
      await assert.rejects(lookAnew(store));
      return knows(store);
    };
    assert.equal(await startAfter(MINUTE_MS), true);
    assert.equal(await startAfter(6 * MINUTE_MS), false);
    assert.equal(await startAfter(-60 * MINUTE_MS), false);
  });

  it("counts the time that a machine slept, of which its other clock knows nothing", async () => {
    const machine = new Machine();
    await using store = machine.open();
    await store.catchUp();
    await store.apply(claimOf(ANNA));
    machine.isAway = true;
    await assert.rejects(lookAnew(store));
    machine.wallMs += 6 * MINUTE_MS;
    assert.ok(!knows(store));
  });

  it("admits nobody before it first had what the others have", async () => {
    const machine = new Machine();
    machine.isAway = true;
    await using store = machine.open();
    await assert.rejects(store.catchUp(), /never had/);
    assert.ok(!knows(store));
    assert.deepEqual((await store.listKeys()).items, []);
  });
});

describe("the file of a replica", () => {
  it("is another machine's where it was copied to, and the same one's where it was moved to", async () => {
    const machine = new Machine();
    await met(machine);
    const { path } = machine;
    const copy = join(temporaryFolder(), "copy.db");
    copyFileSync(path, copy);
    {
      await using first = machine.open();
      await using second = machine.open(undefined, copy);
      await using third = machine.open(undefined, copy);
      assert.notEqual(idOf(first), idOf(second));
      assert.equal(idOf(second), idOf(third));
      // It was never compared with the log by this machine.
      assert.equal(second.replication()?.upToDateAt, null);
      await second.catchUp();
      assert.ok(knows(second));
    }
    const [moved, id] = [join(temporaryFolder(), "moved.db"), await onceOpened(machine, copy, idOf)];
    renameSync(copy, moved);
    assert.equal(await onceOpened(machine, moved, idOf), id);
  });

  it("has the machine's id, and is written by nobody who takes it for a store of one place", async () => {
    const machine = new Machine();
    await met(machine);
    await using first = machine.open();
    await using second = machine.open();
    assert.equal(first.replication()?.node.id, second.replication()?.node.id);
    assert.throws(
      () => openSqliteStore(machine.path),
      (error) =>
        isHandclaspError(error, "ERR_HANDCLASP_STORE_OPEN") && error.message.includes("is the replica of"),
    );
    await using read = openSqliteStore(machine.path, { readOnly: true });
    assert.equal(read.key(ANNA.pin)?.state, "trusted");
    const backup = join(temporaryFolder(), "backup.db");
    await first.backup(backup);
    await using copied = openSqliteStore(backup);
    assert.equal(copied.key(ANNA.pin)?.state, "trusted");
  });
});

describe("a look at the log that takes long", () => {
  it("is forsaken by nobody as long as anything that was read is taken in", async () => {
    let elapsed = 0;
    const contact = new Contact({
      row: { upToDateAt: () => null },
      maxStalenessMs: MINUTE_MS,
      runtime: { ...SYSTEM, elapsed: () => elapsed },
    });
    contact.begin();
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const done = [contact.busy(first.promise), contact.busy(second.promise)] as const;
    first.resolve();
    await done[0];
    elapsed += MINUTE_MS;
    assert.equal(contact.isForsaken, false);
    second.resolve();
    await done[1];
    elapsed += MINUTE_MS;
    assert.equal(contact.isForsaken, true);
  });

  it("is forsaken, and late, by who was there to hear something all the time, and not by who stood still", () => {
    let elapsed = 0;
    const contact = new Contact({
      row: { upToDateAt: () => null },
      maxStalenessMs: MINUTE_MS,
      runtime: { ...SYSTEM, elapsed: () => elapsed },
    });
    const said = (): readonly boolean[] => [contact.away !== undefined, contact.isForsaken];
    const pass = (ticks: number): void => {
      for (let tick = 0; tick < ticks; tick++) {
        elapsed += 200;
        contact.tick(200);
      }
    };
    pass(1);
    contact.begin();
    elapsed += MINUTE_MS;
    assert.deepEqual(said(), [false, false]);
    pass(5);
    assert.deepEqual(said(), [false, false]);
    pass(10);
    assert.deepEqual(said(), [true, false]);
    pass(15);
    assert.deepEqual(said(), [true, true]);
  });
});
