import assert from "node:assert/strict";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { recordListeners, type ServerPlace } from "../../../src/operator/known-server.ts";
import { MemoryCluster } from "../../../src/store/log/memory-cluster.ts";
import { openReplica } from "../../../src/store/replica/open-replica.ts";
import { SYSTEM } from "../../../src/store/replica/runtime.ts";
import { SILENT_MS } from "../../../src/store/sqlite/sightings/live-run.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { randomPin } from "../../support/certificates.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { until } from "./support/machines.ts";

async function isCalled(store: TrustStore, name: string): Promise<void> {
  await until(async () => {
    await store.catchUp();
    const names = (await store.nodes()).map((node) => node.name);
    return isDeepStrictEqual([store.replication()?.node.name, ...names], [name, name]);
  });
}

describe("what a machine is called", () => {
  it("is what a process on its replica said last, and what the system calls it where none did", async () => {
    const cluster = new MemoryCluster();
    const path = join(temporaryFolder(), "replica.db");
    const open = (machine?: string): TrustStore =>
      openReplica(path, { cluster, url: "memory log", ...(machine !== undefined && { machine }) });
    await using first = open();
    await isCalled(first, hostname());
    await using second = open("anna");
    await isCalled(first, "anna");
    await using third = open();
    await isCalled(third, "anna");
    await isCalled(second, "anna");
  });

  it("is not what somebody says who passes by, while a server runs on its replica", async () => {
    const cluster = new MemoryCluster();
    const path = join(temporaryFolder(), "replica.db");
    const open = (machine: string, isPassing: boolean): TrustStore =>
      openReplica(path, { cluster, url: "memory log", machine, isPassing });
    const named = async (machine: string, isPassing: boolean): Promise<string | undefined> => {
      await using store = open(machine, isPassing);
      await store.catchUp();
      return store.replication()?.node.name;
    };
    const gateway = open("anna", false);
    await recordListeners(gateway, [placeAt(1)], Date.now());
    assert.equal(await named("bert", true), "anna");
    assert.equal(await named("carla", false), "carla");
    await gateway.close();
    assert.equal(await named("bert", true), "bert");
  });
});

describe("where a machine lets clients in", () => {
  it("is where all servers on its replica listen, for as long as those live", async () => {
    const cluster = new MemoryCluster();
    const path = join(temporaryFolder(), "replica.db");
    let passed = 0;
    const runtime = { ...SYSTEM, now: () => Date.now() + passed };
    const open = (): TrustStore =>
      openReplica(path, { cluster, machine: "anna", url: "memory log", runtime });
    await using looker = open();
    const [gateway, guard] = [open(), open()];
    await recordListeners(gateway, [placeAt(1), placeAt(2)], Date.now());
    await recordListeners(guard, [placeAt(3)], Date.now());
    await listens(looker, ["127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"]);
    await gateway.close();
    await listens(looker, ["127.0.0.1:3"]);
    // A process that is killed says nothing more.
    passed = SILENT_MS + 1000;
    await listens(looker, []);
    await guard.close();
  });
});

function placeAt(port: number): ServerPlace {
  return { address: `127.0.0.1:${port}`, host: "127.0.0.1", port, pin: randomPin() };
}

/** A look that is under way says what was so when it began. */
async function listens(store: TrustStore, addresses: readonly string[]): Promise<void> {
  await until(async () => {
    await store.catchUp();
    const listeners = (await store.nodes()).flatMap((node) => node.listeners);
    return isDeepStrictEqual(
      listeners.map(({ address }) => address),
      addresses,
    );
  });
}
