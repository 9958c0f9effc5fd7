import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Sql } from "postgres";
import { isHandclaspError } from "../../../src/errors.ts";
import { troublesOf } from "../../../src/operator/replication/replication-trouble.ts";
import { openStore } from "../../../src/store/open-store.ts";
import { connectPostgres } from "./support/open-pool.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { factsOf } from "../../support/certificates.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { until } from "../sqlite/support/stores.ts";
import { PostgresServer, postgresPrograms } from "./support/postgres-server.ts";

const [programs] = postgresPrograms();
assert.ok(programs, "no PostgreSQL was found, though npm installs one");

/** How long a lock is waited for in the database. */
const WAITS_MS = 2000;
const ACTOR = { user: "root", process: "test", address: null, listener: null } as const;
const [ANNA, BEN, CARL] = [factsOf("anna"), factsOf("ben"), factsOf("carl")] as const;

/** Whoever came to the role of the machines, and holds on to something in a session that it leaves open. */
class Holder implements AsyncDisposable {
  readonly pid: number;
  readonly #sql: Sql;
  readonly #transaction: Promise<unknown>;

  static async of(server: PostgresServer, ...statements: readonly string[]): Promise<Holder> {
    const sql = await connectPostgres(server.url());
    const { promise, resolve } = Promise.withResolvers<number>();
    const transaction = sql.begin(async (held) => {
      for (const statement of statements) await held.unsafe(statement);
      const [row] = await held<{ readonly pid: number }[]>`SELECT pg_backend_pid() AS pid`;
      resolve(row?.pid ?? assert.fail());
      await new Promise(() => undefined);
    });
    transaction.catch(() => undefined);
    return new Holder(await promise, sql, transaction);
  }

  private constructor(pid: number, sql: Sql, transaction: Promise<unknown>) {
    this.pid = pid;
    this.#sql = sql;
    this.#transaction = transaction;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.race([this.#sql.end({ timeout: 0 }), this.#transaction.catch(() => undefined)]);
  }
}

function troubles(store: TrustStore): string {
  const replication = store.replication();
  assert.ok(replication);
  return troublesOf(replication, Date.now())
    .map(({ kind, problem }) => `${kind}: ${problem}`)
    .join("\n");
}

describe("a lock of the database that somebody holds for ever", () => {
  let server: PostgresServer;
  const open = async (schema: string): Promise<TrustStore> => {
    const store = openStore(`${server.url()}?replica=${join(temporaryFolder(), "r.db")}&schema=${schema}`);
    await store.catchUp();
    return store;
  };
  before(async () => {
    server = await PostgresServer.open(programs);
  });
  after(() => server[Symbol.asyncDispose]());

  it("has nobody wait: who is new is refused, known keys go on, and it is said who holds it and how to end that", async () => {
    await using store = await open("one");
    await store.apply(claimOf(ANNA));
    {
      await using holder = await Holder.of(
        server,
        "SELECT pg_advisory_lock(hashtextextended('one.change_log', 0))",
      );
      await assert.rejects(store.apply(claimOf(BEN)), (error) => {
        assert.ok(isHandclaspError(error, "ERR_HANDCLASP_STORE_WRITE"));
        assert.match(
          error.message,
          new RegExp(
            `held by session ${holder.pid} of the role postgres \\(handclasp, from 127.0.0.1, idle in transaction, for \\d+ s\\)`,
          ),
        );
        assert.match(error.hint ?? "", new RegExp(`pg_terminate_backend\\(${holder.pid}\\)`));
        return true;
      });
      assert.equal(store.key(ANNA.pin)?.state, "trusted");
      assert.equal(store.replication()?.database, "away");
      assert.match(
        troubles(store),
        new RegExp(`^database-away: .*held by session ${holder.pid} .*: nobody new is let in$`),
      );
      // At once: it was found out a moment ago. On a slow machine that may be too long ago by then.
      let tookMs = Infinity;
      while (tookMs >= WAITS_MS) {
        await assert.rejects(store.apply(claimOf(BEN)), /held by session/);
        const began = performance.now();
        await assert.rejects(store.apply(claimOf(CARL)), /held by session/);
        tookMs = performance.now() - began;
      }
      await store.catchUp();
      // On this machine all the same.
      const outcome = await store.apply({
        type: "revoke",
        key: ANNA.pin,
        at: Date.now(),
        actor: ACTOR,
      });
      assert.equal(outcome.kind === "changed" && outcome.later, true);
      assert.equal(store.key(ANNA.pin)?.state, "revoked");
      await store.catchUp();
      assert.equal(store.replication()?.isStale, false);
    }
    await until(async () => (await store.apply(claimOf(BEN)).catch(() => undefined))?.kind === "changed");
    await until(() => store.replication()?.later === 0);
    await until(() => store.replication()?.database === "reached");
  });

  it("has a machine that cannot say how far it is tell why", async () => {
    await using store = await open("two");
    const id = store.replication()?.node.id;
    {
      await using holder = await Holder.of(
        server,
        `SELECT two.beat('${id}', 'me', 1, '{}', '', 1000000000000)`,
      );
      // A look that is under way may have said it before.
      await assert.rejects(
        async () => {
          await store.catchUp();
          await store.catchUp();
        },
        new RegExp(`held by session ${holder.pid} of the role postgres`),
      );
      assert.match(troubles(store), new RegExp(`^database-away: .*held by session ${holder.pid}`));
    }
    await until(
      async () =>
        await store.catchUp().then(
          () => true,
          () => false,
        ),
    );
    assert.equal(store.replication()?.database, "reached");
  });
});
