import assert from "node:assert/strict";
import { constants } from "node:crypto";
import { once } from "node:events";
import { connect as connectTcp, createServer as createTcpServer } from "node:net";
import { describe, it } from "node:test";
import type { SecureVersion, TlsOptions } from "node:tls";
import { connect, type ConnectOptions } from "../../../src/client/connection/connect.ts";
import { SessionCache } from "../../../src/client/connection/session-cache.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { Operator } from "../../../src/operator/operator.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import type { IdentityType } from "../../../src/x509/identity-type.ts";
import {
  asIdentity,
  identity,
  type Listening,
  listening,
  optionsFor,
  readAll,
  serve,
  showing,
} from "../support/listening.ts";

const NO_TICKETS = constants.SSL_OP_NO_TICKET;

/** A client with a cache, and a server that was met once. */
interface Met extends AsyncDisposable {
  readonly server: Listening;
  readonly store: TrustStore;
  readonly operator: Operator;
  readonly sessions: SessionCache;
  readonly pin: string;
  /** Connects, reads to the end and says whether the server resumed. */
  visit(more?: Partial<ConnectOptions>): Promise<boolean>;
}

async function met(
  more: Partial<ConnectOptions> = {},
  options: { readonly type?: IdentityType; readonly server?: TlsOptions } = {},
): Promise<Met> {
  const own = await identity("server", options.type);
  const server = await serve(own, 0, options.server);
  const store = openMemoryStore();
  const sessions = new SessionCache();
  const visitor = { identity: asIdentity(await identity("ada", options.type)) };
  const visit = async (others: Partial<ConnectOptions> = {}): Promise<boolean> => {
    const socket = await connect(
      optionsFor(store, server.port, { sessions, ...visitor, ...more, ...others }),
    );
    assert.equal(await readAll(socket), "welcome");
    return server.resumed.at(-1) === true;
  };
  assert.equal(await visit(), false);
  return {
    server,
    store,
    sessions,
    visit,
    pin: own.facts.pin,
    operator: new Operator(store, { user: null, process: "test", now: Date.now }),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await store.close();
    },
  };
}

describe("SessionCache", () => {
  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] satisfies SecureVersion[]) {
    it(`resumes what it kept, again and again, in ${maxVersion}`, async () => {
      await using scene = await met({ maxVersion });
      assert.deepEqual([await scene.visit(), await scene.visit(), await scene.visit()], [true, true, true]);
      assert.deepEqual(new Set(scene.server.seen), new Set(["CN=ada"]), "the certificate is in the session");
    });

    it(`is of no use once the server's key is revoked or another took its place, in ${maxVersion}`, async () => {
      for (const barred of ["revoked", "retired"] as const) {
        await using scene = await met({ maxVersion });
        if (barred === "revoked") await scene.operator.revoke(scene.pin);
        else {
          const { facts } = await identity("server");
          const { knownServers } = optionsFor(scene.store, scene.server.port);
          const address = `127.0.0.1:${scene.server.port}`;
          const verdict = knownServers.judge(address, facts, "refuse");
          assert.ok(verdict.decision === "refuse");
          await knownServers.refuse(address, facts, verdict);
          await scene.operator.approve(facts.pin, { onConflict: "replace" });
        }
        await assert.rejects(scene.visit(), new RegExp(barred === "revoked" ? "is revoked" : "is retired"));
        assert.equal(scene.sessions.size, 0);
        assert.ok(!scene.server.resumed.includes(true));
      }
    });

    it(`offers a session to nobody but whom it came from, as whom it was made, in ${maxVersion}`, async () => {
      await using scene = await met({ maxVersion });
      assert.equal(await scene.visit(await showing("bob")), false, "another identity");
      assert.equal(await scene.visit({ servername: "other.example" }), false, "another server name");
      assert.equal(await scene.visit({ host: "localhost" }), false, "another address of the same server");
      assert.equal(await scene.visit(), true);
    });
  }

  it("offers a TLS 1.3 ticket once", async () => {
    await using scene = await met();
    const places: string[] = [];
    const spy = new (class extends SessionCache {
      override watch(...[socket, place, shown]: Parameters<SessionCache["watch"]>): void {
        places.push(place);
        super.watch(socket, place, shown);
      }
    })();
    await scene.visit({ sessions: spy });
    const [place = ""] = places;
    const offered = [1, 2, 3, 4, 5].map(() => spy.take(place, () => true));
    const bytes = offered.flatMap((one) => one?.session.toString("hex") ?? []);
    assert.ok(bytes.length > 0);
    assert.equal(new Set(bytes).size, bytes.length);
    assert.equal(offered.at(-1), undefined);
    assert.equal(offered[0]?.facts.pin, scene.pin);
  });

  it("keeps four of one place, and as many in all as it is told to, the oldest go first", async () => {
    await using store = openMemoryStore();
    const sessions = new SessionCache({ most: 5 });
    const own = await identity("server");
    const servers = await Promise.all([serve(own), serve(own), serve(own)]);
    const visit = async ({ port }: Listening): Promise<void> => {
      await readAll(await connect(optionsFor(store, port, { sessions })));
    };
    const [first, ...others] = servers;
    for (const _ of [1, 2, 3, 4]) await visit(first);
    assert.ok(sessions.size <= 4);
    for (const server of others) await visit(server);
    assert.ok(sessions.size <= 5);
    for (const server of others) await visit(server);
    assert.deepEqual(
      others.map(({ resumed }) => resumed.at(-1)),
      [true, true],
    );
    sessions.clear();
    for (const server of others) await visit(server);
    assert.deepEqual(
      others.map(({ resumed }) => resumed.at(-1)),
      [false, false],
    );
    for (const server of servers) await server[Symbol.asyncDispose]();
  });

  it("forgets the tickets of a connection that an alert ended, not of one that we closed for a reason", async () => {
    await using server = await serve(await identity("server"), 0, { quiet: true });
    let damage = 0;
    const relay = createTcpServer((client) => {
      const upstream = connectTcp(server.port, "127.0.0.1");
      client.on("error", () => upstream.destroy()).on("close", () => upstream.destroy());
      upstream.on("error", () => client.destroy());
      client.on("data", (chunk: Buffer) => {
        chunk[chunk.length - 1] = (chunk.at(-1) ?? 0) ^ damage;
        upstream.write(chunk);
      });
      upstream.pipe(client);
    });
    await using store = openMemoryStore();
    const sessions = new SessionCache();
    const options = optionsFor(store, await listening(relay), { sessions });
    const open = async (): ReturnType<typeof connect> => {
      const socket = await connect(options);
      await once(socket, "session");
      return socket;
    };
    const closed = await open();
    const kept = sessions.size;
    assert.ok(kept > 0);
    closed.destroy(new Error("the user changed his mind"));
    await assert.rejects(once(closed, "close"), /changed his mind/);
    assert.ok(sessions.size >= kept);
    sessions.clear();
    const failed = await open();
    damage = 1;
    failed.write("damaged on the way");
    await assert.rejects(once(failed, "close"), /bad_record_mac \(alert 20\)/);
    assert.equal(sessions.size, 0);
    relay.close();
  });

  for (const type of ["ml-dsa-44", "ml-dsa-65", "ml-dsa-87"] as const) {
    it(`resumes sessions with two ${type} certificates in them, of which Node tells only up to 10 KiB`, async () => {
      await using scene = await met({}, { type });
      assert.deepEqual([await scene.visit(), await scene.visit()], [true, true]);
    });
  }

  it("keeps none when the server gives none", async () => {
    await using scene = await met({}, { server: { sessionTimeout: 0, secureOptions: NO_TICKETS } });
    assert.equal(await scene.visit(), false);
  });
});
