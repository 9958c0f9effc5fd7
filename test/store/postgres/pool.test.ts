import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { DatabaseSockets } from "../../../src/store/postgres/database-sockets.ts";
import { connectDatabase } from "../../../src/store/postgres/open-postgres.ts";
import { openPool } from "./support/open-pool.ts";
import { Pool } from "../../../src/store/postgres/pool.ts";
import { parseClusterUrl } from "../../../src/trust/port/cluster-address.ts";
import { until } from "../sqlite/support/stores.ts";
import { PostgresServer, postgresPrograms } from "./support/postgres-server.ts";
import { FILE_PATIENCE_MS, PATIENCE_MS } from "../../support/patience.ts";

const [programs] = postgresPrograms();
assert.ok(programs, "no PostgreSQL was found, though npm installs one");

/** Asks all the time, several at once, as machines do; tells when something was answered last. */
class Asking {
  answeredAt = -Infinity;
  readonly #pool: Pool;
  readonly #running: Promise<unknown>;
  #isOver = false;

  constructor(pool: Pool, atOnce: number) {
    this.#pool = pool;
    this.#running = Promise.all(Array.from({ length: atOnce }, () => this.#run()));
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      await this.#ask().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async #ask(): Promise<void> {
    const sql = await this.#pool.sql();
    await sql`SELECT 1`;
    this.answeredAt = performance.now();
  }
}

describe("the pool of connections to PostgreSQL", { timeout: FILE_PATIENCE_MS }, () => {
  let server: PostgresServer;
  before(async () => (server = await PostgresServer.open(programs)));
  after(() => server[Symbol.asyncDispose]());

  for (const end of ["stop", "kill"] as const) {
    it(`answers again after the database was away, whatever was about to be written (${end})`, async () => {
      const pool = openPool(server.url(), "public");
      const asking = new Asking(pool, 16);
      for (let round = 0; round < 3; round++) {
        while (asking.answeredAt === -Infinity) await new Promise((resolve) => setTimeout(resolve, 10));
        await server[end]();
        await new Promise((resolve) => setTimeout(resolve, 300));
        await server.start();
        const started = performance.now();
        while (asking.answeredAt < started) {
          assert.ok(performance.now() - started < PATIENCE_MS, "nothing is answered any more");
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      }
      await asking.end();
      await pool.close();
    });
  }

  it("leaves no connection behind that was being made when it was closed", async () => {
    const { cluster } = parseClusterUrl(server.url());
    class Slow extends DatabaseSockets {
      readonly begun = Promise.withResolvers<Socket>();
      readonly goesOn = Promise.withResolvers<void>();
      override async open(): Promise<Socket> {
        const socket = await super.open();
        this.begun.resolve(socket);
        await this.goesOn.promise;
        return socket;
      }
    }
    const sockets = new Slow(cluster, () => assert.fail("no TLS on this machine"));
    const pool = new Pool((onLost) => connectDatabase(cluster, sockets, onLost), "public");
    const sql = await pool.sql();
    const asked = assert.rejects(async () => sql`SELECT 1`);
    const socket = await sockets.begun.promise;
    await pool.close();
    await asked;
    sockets.goesOn.resolve();
    await until(() => socket.closed);
    const left = "SELECT pid FROM pg_stat_activity WHERE application_name = 'handclasp'";
    await until(async () => (await server.ask(left)) === undefined);
  });

  it("says that connections were lost, and goes on with others", async () => {
    const pool = openPool(server.url(), "public");
    let lost = 0;
    const stop = pool.onLost(() => (lost += 1));
    const first = await pool.sql();
    const [row] = await first<{ readonly pid: number }[]>`SELECT pg_backend_pid() AS pid`;
    await assert.rejects(async () => first`SELECT pg_terminate_backend(${row?.pid ?? 0})`);
    const second = await pool.sql();
    assert.notEqual(second, first);
    await second`SELECT 1`;
    assert.equal(lost, 1);
    stop();
    await pool.close();
    assert.equal(lost, 1);
  });
});
