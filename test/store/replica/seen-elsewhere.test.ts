import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { HandclaspError } from "../../../src/errors.ts";
import { openMemoryReplica } from "../../../src/store/replica/open-replica.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import { SHARED_START } from "../../../src/trust/port/shared-rows.ts";
import { factsOf } from "../../support/certificates.ts";
import { NOTHING, openMachines, until } from "./support/machines.ts";

describe("when a key was last seen elsewhere", () => {
  it("is known to a machine that was told before it had the key", async () => {
    await using machines = openMachines("anna");
    const { cluster } = machines;
    const [anna] = machines.stores;
    assert.ok(anna);
    const peer = factsOf("carla");
    await anna.apply(claimOf(peer));
    const claimed = (await anna.listKeys()).items[0]?.lastSeen ?? assert.fail();
    await until(() => Date.now() > claimed);
    const at = Date.now();
    await anna.record({ ...NOTHING, seen: [{ pin: peer.pin, at }] });
    await until(async () => {
      const { rows } = await cluster.shared.exchange([], randomUUID(), SHARED_START);
      return rows.length === 1;
    });
    const read = cluster.log.read.bind(cluster.log);
    let isAway = true;
    cluster.log.read = async (...from) => {
      if (isAway) throw new HandclaspError("ERR_HANDCLASP_STORE_READ", "the log is away");
      return read(...from);
    };
    const bert = openMemoryReplica({ cluster, machine: "bert", url: "memory log" });
    try {
      await assert.rejects(bert.catchUp());
      isAway = false;
      await bert.catchUp();
      const { items } = await bert.listKeys();
      assert.deepEqual(
        items.map(({ lastSeen }) => lastSeen),
        [at],
      );
    } finally {
      await bert.close();
    }
  });
});
