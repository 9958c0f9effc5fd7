import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { isHandclaspError } from "../../../src/errors.ts";
import { openClusterAt } from "../../../src/store/open-cluster.ts";
import { openStore } from "../../../src/store/open-store.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import { LOG_START } from "../../../src/trust/port/change-log.ts";
import { StoreUrl } from "../../../src/trust/port/store-url.ts";
import { factsOf } from "../../support/certificates.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { PostgresServer, postgresPrograms } from "./support/postgres-server.ts";

const [programs] = postgresPrograms();
assert.ok(programs, "no PostgreSQL was found, though npm installs one");

const [anna, ben, carla] = [factsOf("anna"), factsOf("ben"), factsOf("carla")];

describe("a replica that is opened on another cluster", () => {
  let server: PostgresServer;
  before(async () => {
    server = await PostgresServer.open(programs);
  });
  after(() => server[Symbol.asyncDispose]());

  it("takes nothing from there and brings nothing there, and goes on with its own", async () => {
    const folder = temporaryFolder();
    const url = (schema: string, replica: string): string =>
      `${server.url()}?replica=${join(folder, replica)}&schema=${schema}`;
    const isRefused = (error: unknown): boolean => {
      for (let at = error; at instanceof Error; at = at.cause)
        if (isHandclaspError(at, "ERR_HANDCLASP_STORE_OPEN"))
          return at.message.startsWith(`${join(folder, "own.db")} is a replica of another store than`);
      return false;
    };
    {
      await using own = openStore(url("own", "own.db"));
      await own.catchUp();
      await own.apply(claimOf(anna));
      await using other = openStore(url("other", "other.db"));
      await other.catchUp();
      await other.apply(claimOf(ben));
    }
    {
      await using mistaken = openStore(url("other", "own.db"));
      await assert.rejects(mistaken.catchUp(), isRefused);
      await assert.rejects(async () => mistaken.apply(claimOf(carla)), isRefused);
      assert.equal(mistaken.stats().events, 1);
    }
    const cluster = openClusterAt(
      StoreUrl.parse(url("other", "other.db"), () => folder),
      "test",
    );
    try {
      assert.equal((await cluster.log.read(LOG_START, 10)).head.position, 1);
      assert.equal((await cluster.nodes.nodes()).length, 1);
    } finally {
      await cluster.close();
    }
    await using again = openStore(url("own", "own.db"));
    await again.catchUp();
    assert.equal(again.key(anna.pin)?.state, "trusted");
    assert.equal(again.key(ben.pin), undefined);
    assert.equal(again.replication()?.branch, null);
  });
});
