import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openStore } from "../../../src/store/open-store.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { Postgres } from "../../journeys/support/postgres.ts";
import { withoutPrograms } from "../../journeys/support/quarters.ts";
import { factsOf } from "../../support/certificates.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const PROGRAMS = withoutPrograms("postgresql pgbouncer", "psql", "postgres", "initdb", "pgbouncer");

describe("a store in PostgreSQL behind a pooler in transaction mode", PROGRAMS, () => {
  it("goes on without notifications, and says so; without the pooler they come", async () => {
    await using postgres = await Postgres.start();
    const pooled = await postgres.startPgbouncer();
    await using direct = open(postgres.port);
    await direct.catchUp();
    await using one = open(pooled);
    await using two = open(pooled);
    for (const each of [one, two]) await each.catchUp();
    const names = Array.from({ length: 20 }, (_, at) => `peer-${at}`);
    await Promise.all(
      names.map((name, at) => (at % 2 === 0 ? one : two).apply(claimOf(factsOf(name), { maxPending: 100 }))),
    );
    await until(() => [direct, one, two].every((store) => store.head().sequence === names.length));
    assert.equal(new Set([direct, one, two].map((store) => store.head().hash)).size, 1);
    await until(() => {
      const [there, ...behind] = [direct, one, two].map((store) => store.replication()?.notifications);
      return there === true && behind.every((comes) => comes === false);
    });
  });
});

function open(port: number): TrustStore {
  const replica = join(temporaryFolder(), "replica.db");
  return openStore(`postgres://app@127.0.0.1:${port}/postgres?node=at-${port}&replica=${replica}`);
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
}
