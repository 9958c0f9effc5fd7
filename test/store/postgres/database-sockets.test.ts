import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { connectPostgres } from "./support/open-pool.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

/** What a server says that wants the password itself. */
const ASKS = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]);

/** Whoever answers at a host: it takes a connection, asks for the password when the test says so, and keeps what it is told. */
class PasswordAsker implements Disposable {
  readonly port: number;
  readonly #server: Server;
  readonly #come: Promise<Socket>;

  static async open(): Promise<PasswordAsker> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new PasswordAsker(server);
  }

  private constructor(server: Server) {
    this.#server = server;
    const address = server.address();
    assert.ok(address !== null && typeof address !== "string");
    this.port = address.port;
    const { promise, resolve } = Promise.withResolvers<Socket>();
    this.#come = promise;
    let hasCome = false;
    server.on("connection", (socket) => {
      server.close();
      socket.on("error", () => undefined);
      if (hasCome) socket.destroy();
      hasCome = true;
      resolve(socket);
    });
  }

  /** Takes the one connection that has come, and no other. */
  async come(): Promise<void> {
    const socket = await this.#come;
    await once(socket, "data");
  }

  /** What it is told on asking. */
  async ask(): Promise<string> {
    const socket = await this.#come;
    const told = once(socket, "data");
    socket.write(ASKS);
    const [bytes] = (await told) as [Buffer];
    assert.equal(bytes.toString("latin1", 0, 1), "p");
    return bytes.toString("utf8", 5, bytes.length - 1);
  }

  [Symbol.dispose](): void {
    this.#server.close();
    void this.#come.then((socket) => socket.destroy());
  }
}

describe("a database of several hosts", () => {
  const { PGPASSFILE, PGPASSWORD } = process.env;

  beforeEach(() => {
    delete process.env["PGPASSWORD"];
  });
  afterEach(() => {
    delete process.env["PGPASSFILE"];
    if (PGPASSFILE !== undefined) process.env["PGPASSFILE"] = PGPASSFILE;
    if (PGPASSWORD !== undefined) process.env["PGPASSWORD"] = PGPASSWORD;
  });

  it("is told the password of each host, and none that is another one's, also while two are asked", async () => {
    using first = await PasswordAsker.open();
    using second = await PasswordAsker.open();
    const file = join(temporaryFolder(), "pass");
    const lines = [`127.0.0.1:${first.port}:*:*:of the first`, `127.0.0.1:${second.port}:*:*:of the second`];
    writeFileSync(file, lines.join("\n"), { mode: 0o600 });
    process.env["PGPASSFILE"] = file;
    const url = `postgres://ada@127.0.0.1:${first.port},127.0.0.1:${second.port}/trust`;
    const sql = await connectPostgres(url);
    const queries = [sql`SELECT 1`, sql`SELECT 2`].map((query) => query.catch(() => undefined));
    // The second connection finds the first host gone, and goes on to the other, before the first one is asked.
    await first.come();
    await second.come();
    const told = [await first.ask(), await second.ask()];
    await sql.end({ timeout: 0 });
    await Promise.all(queries);
    assert.deepEqual(told, ["of the first", "of the second"]);
  });
});
