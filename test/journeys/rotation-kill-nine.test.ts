import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { createServer } from "node:tls";
import { saveIdentity } from "../../src/client/identities/identity-folder.ts";
import { rotateIdentity } from "../../src/client/identities/reissue-identity.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { KeyPin, KeyRecord } from "../../src/trust/records/key-record.ts";
import type { CertificateFacts } from "../../src/x509/certificate-facts.ts";
import { createIdentity } from "../../src/x509/create-identity.ts";
import { runHere } from "../cli/support/run-here.ts";
import { Home, type RunningServer, startServe } from "../cli/support/serve.ts";
import { openHomeStore } from "../cli/support/trust.ts";
import { identity } from "../guard/support/identities.ts";
import { connectOnce } from "../guard/support/node-client.ts";
import { successorOf } from "../support/successor.ts";
import { CAN_KILL, Killer } from "./support/killer.ts";
import { keysIn } from "../support/listed.ts";

const skip = !CAN_KILL && "no C compiler here";
/** More than a rotation takes. */
const MOST_WRITES = 150;

async function keysOf(store: string, peer?: string): Promise<readonly KeyRecord[]> {
  await using opened = openStore(store);
  assert.deepEqual(opened.check().problems, []);
  return (await keysIn(opened)).filter((key) => peer === undefined || key.peer === peer);
}

async function approve(home: Home, facts: CertificateFacts): Promise<void> {
  const { store, operator } = openHomeStore(home);
  await operator.import(facts);
  await store.close();
}

/** Exactly one key is trusted, and every other one was given up. */
function onlyTrusted(keys: readonly KeyRecord[]): KeyPin {
  const trusted = keys.filter(({ state }) => state === "trusted");
  assert.equal(trusted.length, 1, keys.map(({ state }) => state).join(", "));
  assert.ok(keys.every(({ state }) => state === "trusted" || state === "retired"));
  return trusted[0]?.pin ?? assert.fail();
}

// Both wait for processes, one after the other.
describe("a rotation that somebody does not live through", { concurrency: true }, () => {
  describe("a server that is killed while a client shows it a new key", () => {
    it(
      "knows the old key or the new one, whichever write it was at, and lets the client in",
      { skip },
      async () => {
        using home = new Home();
        const killer = new Killer(home);
        let kills = 0;
        // Who takes the client after a kill is the next that is killed: nobody is met but by what the store holds.
        await using servers = new AsyncDisposableStack();
        const startVictim = async (write: number): Promise<RunningServer> =>
          servers.use(await startServe(killer.at(write), ["--first-use", "refuse"]));
        let server = await startVictim(1);
        for (let write = 1; ; write++) {
          assert.ok(write < MOST_WRITES);
          // A peer's rotations are limited, over restarts too: it is another one each time.
          const peer = `anna-${write}`;
          const old = await identity(peer);
          await approve(home, old.facts);
          const first = await connectOnce({ port: server.port, identity: old, eager: "anna\n" });
          assert.equal(first.received, "Hello, anna", `write ${write}: ${first.alert} ${first.error}`);
          const client = await successorOf(old);
          killer.start();
          const { received } = await connectOnce({ port: server.port, identity: client, eager: "anna\n" });
          const survived = received !== "" && (await server.stop("SIGTERM")) === 0;
          if (received === "") assert.equal(await server.stop("SIGKILL"), null);
          else assert.equal(onlyTrusted(await keysOf(home.store, peer)), client.facts.pin);
          if (survived) break;
          kills += 1;
          const pin = onlyTrusted(await keysOf(home.store, peer));
          assert.ok(pin === client.facts.pin || (pin === old.facts.pin && received === ""));
          server = await startVictim(write + 1);
          const again = await connectOnce({ port: server.port, identity: client, eager: "anna\n" });
          assert.equal(again.received, "Hello, anna", `write ${write}: ${again.alert} ${again.error}`);
          assert.equal(onlyTrusted(await keysOf(home.store, peer)), client.facts.pin);
        }
        assert.ok(kills > 5, `${kills}`);
      },
    );
  });

  describe("a client that is killed while a server shows it a new key", () => {
    it("knows the old key or the new one, whichever write it was at, and follows", { skip }, async () => {
      using home = new Home();
      const killer = new Killer(home);
      const folder = home.path("server");
      const made = await createIdentity({ name: "server", now: new Date() });
      saveIdentity(folder, "server", { key: made.privateKeyPem, certificate: made.certificatePem });
      const server = createServer({ key: made.privateKeyPem, cert: made.certificatePem });
      server.on("secureConnection", (socket) => socket.on("error", () => undefined).end("hello"));
      server.on("tlsClientError", () => undefined);
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
      const connect = ["connect", address, "--verify-server", "accept"];
      try {
        assert.equal((await runHere(home, connect)).stdout, "hello");
        let kills = 0;
        for (let write = 1; ; write++) {
          assert.ok(write < MOST_WRITES);
          const before = onlyTrusted(await keysOf(home.knownServers));
          const { key, certificate: cert, facts } = await rotateIdentity(folder, "server", { now: Date.now });
          server.setSecureContext({ key, cert });
          const victim = killer.at(write);
          killer.start();
          const { code, stdout } = await victim.run(connect);
          const between = onlyTrusted(await keysOf(home.knownServers));
          assert.ok(between === before || between === facts.pin);
          if (code === 0) {
            assert.equal(stdout, "hello");
            break;
          }
          assert.equal(code, null);
          kills += 1;
          const { stdout: answer, stderr } = await runHere(home, connect);
          assert.equal(answer, "hello", stderr);
          assert.equal(onlyTrusted(await keysOf(home.knownServers)), facts.pin);
        }
        assert.ok(kills > 5, `${kills}`);
      } finally {
        server.close();
      }
    });
  });
});
