import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { MemoryCluster } from "../../../src/store/log/memory-cluster.ts";
import { parseSettledChange } from "../../../src/store/log/settled-change.ts";
import { openReplica } from "../../../src/store/replica/open-replica.ts";
import { storeContract } from "../../../src/testing/index.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

storeContract(
  "replica of a log in memory",
  async () => {
    const store = openReplica(join(temporaryFolder(), "replica.db"), {
      cluster: new MemoryCluster({ stamp: ({ change }) => parseSettledChange(change).change.at }),
      machine: "test",
      url: "memory log",
    });
    await store.catchUp();
    return store;
  },
  { describe, it },
);

describe("a replica that is opened in passing", () => {
  it("puts nobody on the list of machines, and takes off no server that begins meanwhile", async () => {
    const cluster = new MemoryCluster();
    const file = join(temporaryFolder(), "replica.db");
    const listed = async (): Promise<number> => (await cluster.nodes.nodes()).length;
    const open = (isPassing: boolean): TrustStore =>
      openReplica(file, { cluster, url: "memory log", isPassing });
    const [verb, other] = [open(true), open(true)];
    await Promise.all([verb.catchUp(), other.catchUp()]);
    assert.equal(await listed(), 0);
    const server = open(false);
    await server.catchUp();
    await Promise.all([verb.close(), other.close()]);
    assert.equal(await listed(), 1);
    await server.close();
  });
});

describe("a replica that nobody closes", () => {
  it("keeps no process alive", async () => {
    const program = `
      const { MemoryCluster } = await import("${url("log/memory-cluster")}");
      const { openReplica } = await import("${url("replica/open-replica")}");
      const cluster = new MemoryCluster({ stamp: Date.now });
      await openReplica(process.argv[1], { cluster, machine: "test", url: "memory log" }).catchUp();`;
    const file = join(temporaryFolder(), "replica.db");
    await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program, file], {
      timeout: 60_000,
    });
  });
});

function url(name: string): string {
  return new URL(`../../../src/store/${name}.ts`, import.meta.url).href;
}
