import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { Transform } from "node:stream";
import { after, before, describe, it } from "node:test";
import { openStore } from "../../../src/store/open-store.ts";
import { migrate } from "../../../src/store/postgres/migrate.ts";
import { PostgresCluster } from "../../../src/store/postgres/postgres-cluster.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { until } from "../replica/support/machines.ts";
import { openPool } from "./support/open-pool.ts";
import { PostgresServer, postgresPrograms } from "./support/postgres-server.ts";

const [programs] = postgresPrograms();
assert.ok(programs, "no PostgreSQL was found, though npm installs one");

/** What the link lets through in a second. */
const BYTES = 2 * 1024 * 1024;
const CHANGE_BYTES = 400_000;
const CHANGES = 45;

/** A link that is slow in one direction: what the database says comes so many bytes a second, by all connections together. */
class SlowLink implements AsyncDisposable {
  readonly #server: Server;
  readonly #ends = new Set<Socket>();
  #freeAt = 0;

  static async to(port: number): Promise<SlowLink> {
    const link = new SlowLink(port);
    await once(link.#server.listen(0, "127.0.0.1"), "listening");
    return link;
  }

  private constructor(port: number) {
    this.#server = createServer((near) => {
      const far = connect(port, "127.0.0.1");
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#ends.add(one);
        one.on("error", () => other.destroy()).on("close", () => other.destroy());
      }
      near.pipe(far);
      far.pipe(this.#slow()).pipe(near);
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends) end.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #slow(): Transform {
    return new Transform({
      transform: (bytes: Buffer, _encoding, done) => {
        const now = performance.now();
        this.#freeAt = Math.max(now, this.#freeAt) + (bytes.length / BYTES) * 1000;
        setTimeout(() => done(null, bytes), this.#freeAt - now);
      },
    });
  }
}

describe("a machine on a slow link", () => {
  let server: PostgresServer;
  before(async () => {
    server = await PostgresServer.open(programs);
  });
  after(() => server[Symbol.asyncDispose]());

  it("catches up with a log that takes longer than anybody waits for an answer, piece by piece", async () => {
    const pool = openPool(server.url(), "slow");
    await migrate(await pool.sql(), "slow");
    const cluster = new PostgresCluster(pool);
    const by = { node: randomUUID(), rules: 1 };
    for (let at = 0; at < CHANGES; at++) {
      const change = JSON.stringify(randomBytes(CHANGE_BYTES / 2).toString("hex"));
      await cluster.log.append([{ id: randomUUID(), change }], by);
    }
    await cluster.close();
    await using link = await SlowLink.to(server.port);
    const url = server.url().replace(String(server.port), String(link.port));
    await using store = openStore(`${url}?replica=${join(temporaryFolder(), "r.db")}&schema=slow`);
    await until(() => store.replication()?.position === CHANGES);
    await until(() => store.replication()?.database === "reached");
    assert.equal(store.replication()?.isStale, false);
  });
});
