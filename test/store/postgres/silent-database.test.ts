import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openStore } from "../../../src/store/open-store.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { factsOf } from "../../support/certificates.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { PostgresServer, postgresPrograms } from "./support/postgres-server.ts";
import { PATIENCE_MS } from "../../support/patience.ts";

const [programs] = postgresPrograms();
assert.ok(programs, "no PostgreSQL was found, though npm installs one");

/** Nobody listens there. */
const NOWHERE = 1;

/** Passes bytes on, until it loses all that anybody says. */
class Proxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #passing = new Set<Socket>();
  #isSwallowing = false;

  constructor(port: number) {
    this.#server = createServer((near) => {
      if (this.#isSwallowing) return this.#swallow(near);
      const far = connect(port, "127.0.0.1");
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#passing.add(from);
        from.on("error", () => to.destroy()).on("close", () => to.destroy());
        from.pipe(to);
      }
    });
  }

  async listen(): Promise<number> {
    await once(this.#server.listen(0, "127.0.0.1"), "listening");
    const address = this.#server.address();
    assert.ok(address !== null && typeof address === "object");
    return address.port;
  }

  /** Nobody is told, who is connected or comes. */
  swallow(): void {
    this.#isSwallowing = true;
    for (const socket of this.#passing) socket.unpipe().on("data", () => undefined);
  }

  /** Passes on what others say from now on. */
  passOthers(): void {
    this.#isSwallowing = false;
  }

  #swallow(near: Socket): void {
    this.#passing.add(near);
    near.on("error", () => near.destroy()).on("data", () => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#passing) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}

async function until(store: TrustStore, is: "away" | "reached"): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (store.replication()?.database !== is) {
    assert.ok(performance.now() < end, `it never was ${is}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe("a database that nobody reaches", () => {
  it("is named, with where it was looked for", async () => {
    const replica = join(temporaryFolder(), "replica.db");
    await using store = openStore(`postgres://postgres@127.0.0.1:${NOWHERE}/postgres?replica=${replica}`);
    await assert.rejects(store.catchUp(), {
      message: `this machine never had what the log of changes says: the database cannot be reached: 127.0.0.1:${NOWHERE}: connect ECONNREFUSED 127.0.0.1:${NOWHERE}`,
    });
  });
});

describe("a database that does not answer any more", () => {
  it("is away, and is asked by other connections before long", async () => {
    await using database = await PostgresServer.open(programs);
    await using proxy = new Proxy(database.port);
    const port = await proxy.listen();
    const replica = join(temporaryFolder(), "replica.db");
    await using store = openStore(`postgres://postgres@127.0.0.1:${port}/postgres?replica=${replica}`);
    await store.catchUp();
    const anna = factsOf("anna");
    await store.apply(claimOf(anna));
    proxy.swallow();
    await until(store, "away");
    assert.equal(store.key(anna.pin)?.state, "trusted");
    await assert.rejects(store.apply(claimOf(factsOf("ben"))), { code: "ERR_HANDCLASP_STORE_WRITE" });
    proxy.passOthers();
    await until(store, "reached");
    assert.equal((await store.apply(claimOf(factsOf("carl")))).kind, "changed");
  });
});
