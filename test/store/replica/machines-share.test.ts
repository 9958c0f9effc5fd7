import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Operator } from "../../../src/operator/operator.ts";
import { parseEvent } from "../../../src/trust/records/events.ts";
import { HandclaspError } from "../../../src/errors.ts";
import { openDatabase } from "../../../src/node-sqlite.ts";
import { MemoryCluster } from "../../../src/store/log/memory-cluster.ts";
import { openReplica } from "../../../src/store/replica/open-replica.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import { LOG_START } from "../../../src/trust/port/change-log.ts";
import type { SessionRecord } from "../../../src/trust/port/desk.ts";
import { type ReadRow, SHARED_START } from "../../../src/trust/port/shared-rows.ts";
import { SILENT_MS } from "../../../src/store/sqlite/sightings/live-run.ts";
import { factsOf } from "../../support/certificates.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import {
  ACTOR,
  connectionOf,
  DAY_MS,
  holdOf,
  type Machines,
  NOTHING,
  openMachines,
  openMachinesWith,
  refusalOf,
  strangerCalled,
  until,
} from "./support/machines.ts";

describe("machines that share a cluster", () => {
  it("list each other's live connections and refusals, and say whose they are", async () => {
    await using machines = openMachines("anna", "bert");
    const [anna, bert] = machines.stores;
    assert.ok(anna && bert);
    const { pin } = factsOf("carla");
    await anna.record({ ...NOTHING, refusals: [refusalOf(1)], opened: [connectionOf(pin, "c1")] });
    await bert.record({ ...NOTHING, refusals: [refusalOf(1)], opened: [connectionOf(pin, "c2")] });
    for (const store of machines.stores) {
      await until(async () => (await store.listConnections()).items.length === 2);
      const { items: connections } = await store.listConnections();
      assert.deepEqual(
        connections.map(({ id, machine }) => [id, machine]),
        [
          ["c1", "anna"],
          ["c2", "bert"],
        ],
      );
      await until(async () => (await store.listRefusals()).items.length === 2);
      const { items: refusals } = await store.listRefusals();
      assert.deepEqual(new Set(refusals.map(({ machine }) => machine)), new Set(["anna", "bert"]));
    }
    await anna.record({ ...NOTHING, closed: ["c1"], refusals: [refusalOf(1)] });
    await until(async () => (await bert.listConnections()).items.length === 1);
    await until(async () => (await bert.listRefusals()).items.some(({ count }) => count > 1));
  });

  it("list who is connected to others, whose clocks are an hour off", async () => {
    const aheadMs: Readonly<Record<string, number>> = { anna: 3_600_000, bert: -3_600_000 };
    await using machines = openMachinesWith((name) => aheadMs[name] ?? 0, "anna", "bert", "carla");
    const { pin } = factsOf("dora");
    await Promise.all(
      machines.stores.map((store, at) => store.record({ ...NOTHING, opened: [connectionOf(pin, `c${at}`)] })),
    );
    for (const store of machines.stores) {
      await until(async () => (await store.listConnections()).items.length === 3);
    }
  });

  it("have the audit say at which of them something was done, wherever it is read", async () => {
    await using machines = openMachines("anna", "bert");
    const [anna, bert] = machines.stores;
    assert.ok(anna && bert);
    const carla = factsOf("carla");
    await anna.apply(claimOf(carla));
    await bert.catchUp();
    const operator = new Operator(bert, { user: "olga", process: "test 2", now: Date.now });
    await operator.revoke(carla.pin);
    for (const store of machines.stores) {
      await until(() => store.head().sequence === 2);
      const { items } = await store.listEvents();
      const actors = items.map(({ json }) => parseEvent(json)?.actor);
      assert.deepEqual(
        actors.map((actor) => [actor?.user, actor?.machine]),
        [
          [null, "anna"],
          ["olga", "bert"],
        ],
      );
    }
  });

  it("list nobody who is connected to a machine that died", async () => {
    let passed = 0;
    await using machines = openMachinesWith(() => passed, "anna", "bert");
    const [anna, bert] = machines.stores;
    assert.ok(anna && bert);
    const { pin } = factsOf("carla");
    await anna.record({ ...NOTHING, opened: [connectionOf(pin, "c1")] });
    await until(async () => (await bert.listConnections()).items.length === 1);
    // Nothing of anna is heard any more, for as long as a run may be silent.
    passed = SILENT_MS + 1000;
    assert.deepEqual((await bert.listConnections()).items, []);
  });

  it("know when a key was last seen, whichever of them saw it, and looked at, and a token used", async () => {
    await using machines = openMachines("anna", "bert");
    const [anna, bert] = machines.stores;
    assert.ok(anna && bert);
    const peer = factsOf("carla");
    const apiToken = "00112233445566778899aabbccddeeff";
    await anna.apply(claimOf(peer));
    const token = {
      id: apiToken,
      hash: "a".repeat(64),
      name: "CI",
      scope: "read",
      expires: Date.now() + DAY_MS,
    } as const;
    await anna.apply({ type: "create-api-token", at: Date.now(), actor: ACTOR, token });
    await until(() => bert.key(peer.pin) !== undefined && bert.apiToken(token.hash) !== undefined);
    const at = Date.now();
    await bert.record({ ...NOTHING, seen: [{ pin: peer.pin, at: at - 5 }] });
    const uses = { looked: [{ pin: peer.pin, at }], used: [{ apiToken, at }] };
    await anna.record({ ...NOTHING, seen: [{ pin: peer.pin, at }], ...uses });
    await until(() => bert.lookedAt(peer.pin) === at);
    await until(async () => (await bert.listApiTokens()).items[0]?.lastUsed === at);
    const rows = await allRows(machines);
    assert.deepEqual(
      rows.filter(({ kind }) => kind === "seen").map((row) => [row.key, row.at]),
      [[peer.pin, at]],
    );
    await anna.apply({ type: "forget", at, actor: ACTOR, key: peer.pin });
    await until(async () => (await allRows(machines)).every(({ kind }) => kind === "used"));
  });

  it("know of a key that waits at another one, show it, and let it in there by approving it here", async () => {
    await using machines = openMachines("anna", "bert");
    const [anna, bert] = machines.stores;
    assert.ok(anna && bert);
    const stranger = await strangerCalled("carla");
    await anna.apply(holdOf(stranger));
    await until(() => bert.key(stranger.pin) !== undefined);
    const [there, here] = [anna.key(stranger.pin), bert.key(stranger.pin)];
    assert.deepEqual({ ...here, version: 0 }, { ...there, version: 0 });
    const [certificate] = await bert.listCertificates(stranger.pin);
    assert.deepEqual(new Uint8Array(certificate?.der ?? []), new Uint8Array(stranger.der));
    const approval = { key: stranger.pin, peer: null, onConflict: "fail" } as const;
    await bert.apply({ type: "approve", at: Date.now(), actor: ACTOR, ...approval });
    await until(() => anna.key(stranger.pin)?.state === "trusted");
    assert.equal(anna.key(stranger.pin)?.peer, "carla");
    await until(async () => (await waitingRows(machines)).length === 0);
    assert.equal(bert.key(stranger.pin)?.state, "trusted");
  });

  it("have a key wait no more that is dropped where it came to, and go on where it came to as well", async () => {
    await using machines = openMachines("anna", "bert");
    const [anna, bert] = machines.stores;
    assert.ok(anna && bert);
    const [one, both] = [await strangerCalled("one"), await strangerCalled("both")];
    await Promise.all([anna.apply(holdOf(one)), anna.apply(holdOf(both)), bert.apply(holdOf(both))]);
    await until(() => bert.key(one.pin) !== undefined);
    await until(async () => (await waitingRows(machines)).length === 3);
    await anna.apply(holdOf(await strangerCalled("other"), { maxPending: 1 }));
    await until(() => bert.key(one.pin) === undefined);
    assert.deepEqual(await bert.listCertificates(one.pin), []);
    await until(async () => (await waitingRows(machines)).length === 3);
    assert.deepEqual(
      [anna, bert].map((store) => store.key(both.pin)?.state),
      ["pending", "pending"],
    );
  });

  it("let nobody's strangers push out those of another machine", async () => {
    await using machines = openMachines("anna", "bert");
    const [anna, bert] = machines.stores;
    assert.ok(anna && bert);
    const first = await strangerCalled("first");
    await bert.apply(holdOf(first, { maxPending: 5 }));
    for (let at = 0; at < 20; at++) {
      await anna.apply(holdOf(await strangerCalled(`flood-${at}`), { maxPending: 10 }));
    }
    await until(async () => (await bert.listKeys()).items.length === 11);
    await bert.apply(holdOf(await strangerCalled("second"), { maxPending: 5 }));
    assert.equal(bert.key(first.pin)?.state, "pending");
    await until(async () => (await anna.listKeys()).items.length === 12);
  });

  it("leave the log as long as it was, whatever strangers bring to all of them", async () => {
    await using machines = openMachines("anna", "bert", "carla");
    const strangers = await Promise.all(
      Array.from({ length: 60 }, (_, at) => strangerCalled(`stranger-${at}`)),
    );
    await Promise.all(
      strangers.map(async (facts, at) => {
        const store = machines.stores[at % 3];
        await store?.apply(holdOf(facts, { maxPending: 10 }));
        const seen = [{ pin: facts.pin, at: Date.now() }];
        await store?.record({ ...NOTHING, refusals: [refusalOf(at)], seen });
      }),
    );
    const [anna] = machines.stores;
    await until(async () => (await anna?.listKeys())?.items.length === 30);
    await until(async () => (await anna?.listRefusals())?.items.length === 60);
    // What it knows of itself it may have still to tell.
    await until(async () => (await allRows(machines)).length === 90);
    assert.equal((await machines.cluster.log.read(LOG_START, 1)).head.position, 0);
    const rows = await allRows(machines);
    assert.deepEqual(new Set(rows.map(({ kind }) => kind)), new Set(["waiting", "refusal"]));
  });

  it("have no more to tell than there is, however long nobody hears it", async () => {
    const path = join(temporaryFolder(), "replica.db");
    const cluster = new MemoryCluster();
    const heard = cluster.shared.exchange.bind(cluster.shared);
    let isAway = true;
    cluster.shared.exchange = async (...sent) => {
      if (isAway) throw new HandclaspError("ERR_HANDCLASP_STORE_WRITE", "nobody hears it");
      return heard(...sent);
    };
    await using anna = openReplica(path, { cluster, machine: "anna", url: "memory log" });
    const { pin } = factsOf("carla");
    for (let at = 0; at < 30; at++) {
      await anna.apply(holdOf(await strangerCalled(`s${at}`), { maxPending: 5 }));
      await anna.record({ ...NOTHING, opened: [connectionOf(pin, `c${at}`), connectionOf(pin, "stays")] });
      await anna.record({ ...NOTHING, closed: [`c${at}`] });
    }
    using database = openDatabase(path);
    const untold = database.prepare("SELECT count(*) AS count FROM untold");
    // Five that wait, a connection and its run.
    assert.equal(untold.get()?.["count"], 7);
    isAway = false;
    await until(() => untold.get()?.["count"] === 0);
    const { rows } = await heard([], randomUUID(), SHARED_START);
    assert.equal(rows.length, 7);
  });

  it("know each other's sessions, and end them everywhere", async () => {
    await using machines = openMachines("anna", "bert");
    const [anna, bert] = machines.stores;
    assert.ok(anna && bert);
    const [one, two, three] = [sessionOf("1"), sessionOf("2"), sessionOf("3")];
    await anna.putSession(one);
    await until(() => bert.session(one.hash) !== undefined);
    assert.deepEqual(bert.session(one.hash), one);
    await bert.endSession(one.hash);
    await until(() => anna.session(one.hash) === undefined);
    await anna.putSession(two);
    await bert.putSession(three);
    await anna.endSessions(two.of);
    assert.deepEqual([anna.session(two.hash), anna.session(three.hash)], [undefined, undefined]);
    await until(() => bert.session(three.hash) === undefined && bert.session(two.hash) === undefined);
  });

  it("agree on settings: of two who write one at once, having read the same, one is told so", async () => {
    await using machines = openMachines("anna", "bert");
    const [anna, bert] = machines.stores;
    assert.ok(anna && bert);
    const both = await Promise.allSettled(
      [anna, bert].map((store, at) => store.putSetting("colour", String(at), null)),
    );
    assert.deepEqual(both.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);
    const winner = String(both.findIndex(({ status }) => status === "fulfilled"));
    await until(() => anna.setting("colour") === winner && bert.setting("colour") === winner);
    await anna.putSetting("colour", "green", winner);
    await bert.putSetting("shape", "round");
    await until(() => bert.setting("colour") === "green" && anna.setting("shape") === "round");
  });

  it("keep to themselves where they listen, and what they dropped", async () => {
    await using machines = openMachines("anna", "bert");
    const [anna, bert] = machines.stores;
    assert.ok(anna && bert);
    await anna.putSetting("server", "here");
    await anna.putSetting("server:127.0.0.1:1", "here", null);
    for (let at = 0; at < 3; at++)
      await anna.apply(holdOf(await strangerCalled(`s${at}`), { maxPending: 1 }));
    await anna.putSetting("last", "one");
    await until(() => bert.setting("last") === "one");
    assert.deepEqual(
      ["server", "server:127.0.0.1:1", "dropped-pending-keys"].map((name) => bert.setting(name)),
      [undefined, undefined, undefined],
    );
    assert.equal(anna.stats().dropped.pendingKeys, 2);
  });
});

function sessionOf(digit: string): SessionRecord {
  const at = Date.now();
  return {
    hash: digit.repeat(64),
    of: "f".repeat(64),
    via: "link",
    user: "olga",
    createdAt: at,
    expires: at + DAY_MS,
  };
}

async function allRows({ cluster }: Machines): Promise<readonly ReadRow[]> {
  return (await cluster.shared.exchange([], randomUUID(), SHARED_START)).rows;
}

async function waitingRows(machines: Machines): Promise<readonly ReadRow[]> {
  return (await allRows(machines)).filter(({ kind }) => kind === "waiting");
}
