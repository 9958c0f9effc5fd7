import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import type { TLSSocket } from "node:tls";
import { type ClientOptions, connect } from "../../../src/client/connection/connect.ts";
import { dispatcher } from "../../../src/client/http/dispatcher.ts";
import { httpsAgent } from "../../../src/client/http/https-agent.ts";
import { KnownServers } from "../../../src/client/servers/known-servers.ts";
import { SessionCache } from "../../../src/client/connection/session-cache.ts";
import { isHandclaspError } from "../../../src/errors.ts";
import { peerOf } from "../../../src/guard/connection/peer-of.ts";
import type { Peer } from "../../../src/guard/connection/peer.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { identity, inFiles, type TestIdentity } from "../../guard/support/identities.ts";
import { openScene, type Scene } from "../../guard/support/scene.ts";
import { runToEnd } from "../../cli/support/serve.ts";
import { successorOf } from "../../support/successor.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { readAll } from "../support/listening.ts";
import { getJson, openWeb } from "../support/web-scene.ts";
import { keysIn } from "../../support/listed.ts";

const TYPES = ["ml-dsa-44", "ml-dsa-65", "ml-dsa-87"] as const;
const HYBRID = "X25519MLKEM768";

interface Greeter extends Scene {
  /** Whom it greeted. */
  readonly peers: readonly Peer[];
}

/** A guarded server that greets everybody by name. */
async function openGreeter(own: readonly TestIdentity[]): Promise<Greeter> {
  const scene = await openScene({
    server: { key: own.map(({ key }) => key), cert: own.map(({ cert }) => cert) },
  });
  const peers: Peer[] = [];
  scene.server.on("secureConnection", (socket) => {
    const peer = peerOf(socket);
    if (peer !== undefined) peers.push(peer);
    socket.on("error", () => undefined).end(`Hello, ${peer?.name}`);
    socket.resume();
  });
  return { ...scene, peers };
}

function clientOf(
  { key, cert }: TestIdentity,
  more: Partial<ClientOptions> = {},
): ClientOptions & AsyncDisposable {
  const store = openMemoryStore();
  const knownServers = new KnownServers(store, { now: Date.now, process: "test" });
  return {
    identity: { key, certificate: cert },
    knownServers,
    minVersion: "TLSv1.3",
    ...more,
    [Symbol.asyncDispose]: () => store.close(),
  };
}

async function open(scene: Scene, options: ClientOptions): Promise<TLSSocket> {
  return await connect({ ...options, host: "127.0.0.1", port: scene.port });
}

function groupOf(socket: TLSSocket): unknown {
  return (socket.getEphemeralKeyInfo() as { readonly name?: string } | null)?.name;
}

/** How many sessions Node tells of, and whether they are larger than 10 KiB. */
async function told(type: (typeof TYPES)[number]): Promise<readonly [number, boolean]> {
  const [server, client] = await Promise.all([identity("server", { type }), identity("ada", { type })]);
  await using scene = await openGreeter([server]);
  await using options = clientOf(client);
  const socket = await open(scene, options);
  let events = 0;
  socket.on("session", () => events++);
  let size = 0;
  socket.on("end", () => (size = socket.getSession()?.length ?? 0));
  socket.resume();
  await once(socket, "close");
  return [events, size > 10 * 1024];
}

describe("post-quantum identities", () => {
  for (const type of TYPES) {
    it(`with ${type} at both ends are met, known again, and resumed, over ${HYBRID}`, async () => {
      const [server, client] = await Promise.all([identity("server", { type }), identity("ada", { type })]);
      await using scene = await openGreeter([server]);
      await using options = clientOf(client, { sessions: new SessionCache() });
      for (const _ of [1, 2, 3]) {
        const socket = await open(scene, options);
        assert.equal(groupOf(socket), HYBRID);
        assert.equal(await readAll(socket), "Hello, ada");
      }
      const seen = scene.peers.map(({ firstUse, resumed, pin }) => ({ firstUse, resumed, pin }));
      const { pin } = client.facts;
      assert.deepEqual(seen, [
        { firstUse: true, resumed: false, pin },
        { firstUse: false, resumed: true, pin },
        { firstUse: false, resumed: true, pin },
      ]);
      assert.deepEqual(options.knownServers.pinsOf(`127.0.0.1:${scene.port}`), [server.facts.pin]);
    });

    it(`with ${type} are refused once revoked, with the alert, resumed or not`, async () => {
      const [server, client] = await Promise.all([identity("server", { type }), identity("ada", { type })]);
      await using scene = await openGreeter([server]);
      await using options = clientOf(client, { sessions: new SessionCache() });
      assert.equal(await readAll(await open(scene, options)), "Hello, ada");
      await scene.operator.revoke("ada");
      for (const sessions of [options.sessions, undefined]) {
        const refused = open(scene, { ...options, ...(sessions && { sessions }) }).then(readAll);
        await assert.rejects(refused, (error) => {
          return (
            isHandclaspError(error, "ERR_HANDCLASP_REFUSED") &&
            error.details["alert"] === "certificate_revoked"
          );
        });
      }
    });

    it(`with ${type} follow each other's rotation, from P-256 and back too`, async () => {
      const [server, client] = await Promise.all([identity("server", { type }), identity("ada", { type })]);
      const line = [client];
      for (const next of [type, "p256", type] as const) {
        line.push(await successorOf(line.at(-1) ?? client, { type: next }));
      }
      await using scene = await openGreeter([server]);
      for (const shown of line) {
        await using options = clientOf(shown);
        assert.equal(await readAll(await open(scene, options)), "Hello, ada");
      }
      const states = line.map(({ facts }) => scene.trust.store.key(facts.pin)?.state);
      assert.deepEqual(states, ["retired", "retired", "retired", "trusted"]);
    });

    it(`with ${type} are followed as servers, by clients that know the old key`, async () => {
      const [server, client] = await Promise.all([identity("server", { type }), identity("ada", { type })]);
      await using options = clientOf(client, { verifyServer: "refuse" });
      const { knownServers } = options;
      await using scene = await openGreeter([await successorOf(server)]);
      await knownServers.remember(`127.0.0.1:${scene.port}`, server.facts);
      assert.equal(await readAll(await open(scene, options)), "Hello, ada");
      assert.equal(knownServers.store.key(server.facts.pin)?.state, "retired");
    });
  }

  it("share a server with RSA, P-256 and Ed25519 ones, each recognised as itself", async () => {
    const server = await identity("server");
    await using scene = await openGreeter([server]);
    const types = [...TYPES, "p256", "rsa", "ed25519"] as const;
    const clients = await Promise.all(types.map((type) => identity(`${type} client`, { type })));
    for (const _ of ["met", "known again"]) {
      for (const client of clients) {
        await using options = clientOf(client, { minVersion: "TLSv1.2" });
        assert.equal(await readAll(await open(scene, options)), `Hello, ${client.facts.claimedName}`);
      }
      await using older = clientOf(clients[3] ?? server, { maxVersion: "TLSv1.2", minVersion: "TLSv1.2" });
      assert.equal(await readAll(await open(scene, older)), "Hello, p256 client");
    }
    assert.equal((await keysIn(scene.trust.store)).length, types.length);
  });

  it("serve clients without ML-DSA too, from a server that has a classic key besides", async () => {
    const [modern, classic] = await Promise.all([
      identity("server", { type: "ml-dsa-65" }),
      identity("server"),
    ]);
    await using scene = await openGreeter([modern, classic]);
    await using options = clientOf(await identity("ada", { type: "ml-dsa-65" }));
    assert.equal(await readAll(await open(scene, options)), "Hello, ada");
    assert.deepEqual(options.knownServers.pinsOf(`127.0.0.1:${scene.port}`), [modern.facts.pin]);
    const { certFile, keyFile } = inFiles(temporaryFolder(), await identity("anna"));
    const show = ["-cert", certFile, "-key", keyFile];
    const to = ["-connect", `127.0.0.1:${scene.port}`, "-sigalgs", "ECDSA+SHA256"];
    const { stdout } = await runToEnd("openssl", ["s_client", ...to, "-ign_eof", ...show]);
    assert.match(stdout, /Hello, anna/);
  });

  it("go through httpsAgent and dispatcher", async () => {
    await using web = await openWeb({ kind: "https" });
    await using options = clientOf(await identity("ada", { type: "ml-dsa-65" }));
    const agent = httpsAgent(options);
    assert.equal((await getJson(agent, web.url)).peer, "ada");
    const through = await dispatcher(options);
    const init: object = { dispatcher: through };
    assert.match(await (await fetch(web.url, init)).text(), /"peer":"ada"/);
    agent.destroy();
    await through.destroy();
  });

  it("need TLS 1.3: with 1.2 there is no connection, at either end", async () => {
    const modern = await identity("server", { type: "ml-dsa-65" });
    const classic = await identity("server");
    for (const [own, shown] of [
      [modern, classic],
      [classic, modern],
    ] as const) {
      await using scene = await openGreeter([own]);
      await using options = clientOf(shown, { minVersion: "TLSv1.2", maxVersion: "TLSv1.2" });
      await assert.rejects(open(scene, options).then(readAll), (error) => isHandclaspError(error));
      assert.deepEqual(scene.peers, []);
    }
  });

  it("tell of no session above 10 KiB by themselves: what Node 26 does", async () => {
    assert.deepEqual(await told("ml-dsa-44"), [2, false]);
    assert.deepEqual(await told("ml-dsa-65"), [0, true]);
    assert.deepEqual(await told("ml-dsa-87"), [0, true]);
  });
});
