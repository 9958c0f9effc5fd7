import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setImmediate, setTimeout } from "node:timers/promises";
import { Operator } from "../../../src/operator/operator.ts";
import { openStore } from "../../../src/store/open-store.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { parseEvent } from "../../../src/trust/records/events.ts";
import { UnreliableNetwork } from "../../cluster/support/unreliable-network.ts";
import { Seeded } from "../../cluster/simulation/seeded.ts";
import { factsOf } from "../../support/certificates.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { PostgresServer, postgresPrograms } from "./support/postgres-server.ts";

const [programs] = postgresPrograms();
assert.ok(programs, "no PostgreSQL was found, though npm installs one");

/** However often it is sent again. */
const EACH = 1000;

describe("a connection that breaks between commit and answer", () => {
  let server: PostgresServer;
  before(async () => {
    server = await PostgresServer.open(programs);
  });
  after(() => server[Symbol.asyncDispose]());

  it("leaves a change that was appended once, and whoever asked hears what it came to", async () => {
    await using network = await UnreliableNetwork.open(server.port, new Seeded(1));
    await using store = await open(network);
    const anna = factsOf("anna");
    network.leaveUnanswered(1);
    const { kind } = await store.apply(claimOf(anna));
    assert.equal(kind, "changed");
    assert.equal(network.unanswered, 0);
    assert.equal(store.key(anna.pin)?.state, "trusted");
    assert.deepEqual(await typesOf(store), ["met"]);
  });

  it("is said where nobody can be asked again, and a key is barred here whatever became of that", async () => {
    await using network = await UnreliableNetwork.open(server.port, new Seeded(2));
    await using store = await open(network);
    const [ben, carl] = [factsOf("ben"), factsOf("carl")];
    await store.apply(claimOf(ben));
    network.isDeaf = true;
    network.leaveUnanswered(EACH);
    const cutting = cutOnceUnanswered(network);
    const operator = new Operator(store, { user: "olga", process: "test 1", now: Date.now });
    let isLater = false;
    const [claimed, revoked] = await Promise.allSettled([
      store.apply(claimOf(carl)),
      operator.revoke("ben", { onLater: () => (isLater = true) }),
    ]);
    await cutting;
    assert.equal(revoked.status, "fulfilled");
    if (claimed.status === "rejected") {
      assert.equal((claimed.reason as { code?: string }).code, "ERR_HANDCLASP_OUTCOME_UNKNOWN");
      assert.ok(isLater);
    } else {
      // Whoever follows the log had read on, in the moment before the cut.
      assert.equal(claimed.value.kind, "changed");
    }
    assert.equal((await store.listKeys({ pins: [ben.pin] })).items[0]?.state, "revoked");
    network.leaveUnanswered(0);
    network.pass({ kind: "open" });
    await until(() => store.replication()?.database === "reached" && store.replication()?.later === 0);
    assert.equal(store.key(ben.pin)?.state, "revoked");
    assert.equal(store.key(carl.pin)?.state, "trusted");
    const types = await typesOf(store);
    assert.equal(types.filter((type) => type === "revoked").length, 1);
  });
});

/** Nothing is answered from the moment in which the first change was carried out. */
async function cutOnceUnanswered(network: UnreliableNetwork): Promise<void> {
  while (network.unheard === 0) await setImmediate();
  network.pass({ kind: "cut" });
}

async function open(network: UnreliableNetwork): Promise<TrustStore> {
  const replica = join(temporaryFolder(), "replica.db");
  const store = openStore(`postgres://postgres@127.0.0.1:${network.port}/postgres?replica=${replica}`);
  await until(() => store.replication()?.database === "reached" && store.replication()?.upToDateAt !== null);
  return store;
}

async function typesOf(store: TrustStore): Promise<readonly (string | undefined)[]> {
  return (await store.listEvents()).items.map(({ json }) => parseEvent(json)?.type);
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await setTimeout(20);
}
