import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import tls from "node:tls";
import { Home, type RunningServer, startServe } from "../cli/support/serve.ts";
import { fresh, type KnownCredentials } from "./support/certificates.ts";
import { json } from "./support/cli-lines.ts";
import { forEachOf } from "./support/flood.ts";
import { HeldConnection } from "./support/held-connection.ts";
import { cutAfter, damageCertificate, Relay } from "./support/relay.ts";
import { type Outcome, stackOf, type TlsVersion } from "./support/stacks.ts";

const TIMEOUT_MS = 1000;
const MOST_TRIES = 20;
const MOST_HANDSHAKES = 64;
const VERSIONS = ["TLSv1.3", "TLSv1.2"] as const;

interface Scene {
  readonly home: Home;
  readonly server: () => RunningServer;
  readonly ada: () => KnownCredentials;
  /** Ada is greeted. */
  readonly assertServed: () => Promise<void>;
}

/** A server that knows Ada. */
function scene(...args: readonly string[]): Scene {
  const home = new Home();
  let server: RunningServer | undefined;
  let ada: KnownCredentials | undefined;
  before(async () => {
    ada = await fresh(home, "ada");
    server = await startServe(home, ["--client-certificate", "required", ...args]);
    await json(home, "trust", "add", ada.certFile);
  });
  after(async () => {
    await server?.stop();
    home[Symbol.dispose]();
  });
  const running = (): RunningServer => server ?? assert.fail("the server does not run");
  return {
    home,
    server: running,
    ada: () => ada ?? assert.fail("nobody is known"),
    assertServed: async () => {
      for (const version of VERSIONS) {
        const { greeted, said } = await inTime(() => stackOf("node", version).connect(running().port, ada));
        assert.equal(greeted, true, said);
      }
    },
  };
}

/** What became of a client: another one's where the machine was too slow for the handshake's time. */
async function inTime(visit: () => Promise<Outcome>): Promise<Outcome> {
  for (let tries = 1; ; tries++) {
    const from = performance.now();
    const outcome = await visit();
    const isCutOff = !outcome.greeted && outcome.alert === null && performance.now() - from >= TIMEOUT_MS / 2;
    if (!isCutOff || tries === MOST_TRIES) return outcome;
  }
}

/** Connects without a word; gives the socket and what ends it. */
async function silent(port: number): Promise<{ socket: Socket; closed: Promise<unknown> }> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.resume();
  const closed = new Promise((resolve) => socket.on("close", resolve));
  await once(socket, "connect");
  return { socket, closed };
}

describe("a server lives on and serves the next client after clients that", () => {
  const { home, server, assertServed, ada } = scene("--handshake-timeout", `${TIMEOUT_MS / 1000}s`);

  for (const version of VERSIONS) {
    for (const how of ["reset", "end"] as const) {
      it(`${how} their connection after any number of bytes (${version})`, async () => {
        const cuts = Array.from({ length: 40 }, (_, index) => index * 37 + 1);
        await forEachOf(cuts, cuts.length, async (bytes) => {
          await using relay = await Relay.open(server().port, () => cutAfter(bytes, how));
          await stackOf("node", version).connect(relay.port, ada());
        });
        await assertServed();
      });
    }

    it(`reset right after their first use (${version})`, async () => {
      for (let count = 0; count < 10; count++) {
        const who = await fresh(home, `hasty ${count} in ${version}`);
        const { socket } = await silent(server().port);
        const held = await HeldConnection.open(server().port, who, { socket, maxVersion: version });
        held.socket.write("hel");
        socket.resetAndDestroy();
        await held.closedAt;
      }
      await assertServed();
    });
  }

  const NONSENSE: Readonly<Record<string, Buffer>> = {
    "plain HTTP": Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "random bytes": randomBytes(100_000),
    zeros: Buffer.alloc(100_000),
    "a record that is longer than one may be": Buffer.from("160301ffff", "hex"),
    "a handshake message of 16 MiB": Buffer.from("160301400001ffffff", "hex"),
    "an SSLv2 hello": Buffer.from("802e0100020015000000100100800300800700c0", "hex"),
    "an alert first": Buffer.from("15030300020228", "hex"),
    "application data first": Buffer.from("17030300050102030405", "hex"),
    "a fatal alert after nothing": Buffer.from("1503010002022e", "hex"),
    "an empty handshake record, a thousand times": Buffer.from("1603010000".repeat(1000), "hex"),
  };
  for (const [what, bytes] of Object.entries(NONSENSE)) {
    it(`send ${what}`, async () => {
      const { socket, closed } = await silent(server().port);
      socket.write(bytes);
      await closed;
      await assertServed();
    });
  }

  it("send half a ClientHello and fall silent: they are cut off", async () => {
    const hello = await clientHello();
    const parts = [1, 5, hello.length >> 1, hello.length - 1];
    await forEachOf(parts, parts.length, async (part) => {
      // From before the server can have begun to wait.
      const from = performance.now();
      const { socket, closed } = await silent(server().port);
      socket.write(hello.subarray(0, part));
      await closed;
      assert.ok(performance.now() - from >= TIMEOUT_MS / 2, "it was not the timeout");
    });
    await assertServed();
  });

  it("drip a ClientHello byte by byte: they have no longer for it than others", async () => {
    const hello = await clientHello();
    const { socket, closed } = await silent(server().port);
    let at = 0;
    const drip = setInterval(() => socket.write(hello.subarray(at, ++at)), 20);
    await closed;
    clearInterval(drip);
    assert.ok(at < hello.length);
    await assertServed();
  });

  it("have their certificate damaged on the way: nobody is met", async () => {
    const from = server().log.length;
    const stranger = await fresh(home, "damaged");
    const places = Array.from({ length: 24 }, (_, index) => index / 24);
    await forEachOf(places, 4, async (place) => {
      await using relay = await Relay.open(server().port, () => damageCertificate(place));
      const { greeted, alert } = await inTime(() => stackOf("node", "TLSv1.2").connect(relay.port, stranger));
      assert.deepEqual({ greeted, told: alert !== null }, { greeted: false, told: true });
    });
    await assertServed();
    assert.deepEqual(
      server()
        .log.slice(from)
        .filter(({ event }) => event === "met"),
      [],
    );
  });

  it("went away, and left no error of the server's own behind", async () => {
    const events = new Set(server().log.map(({ event }) => event));
    // Whoever is gone before the store has its key is nobody to talk to, and may be met or not.
    events.delete("met");
    assert.deepEqual(events, new Set(["listening", "recognised", "handshake-failed"]));
    await json(home, "store", "check");
  });
});

describe("300 connections that say nothing", () => {
  const { server, assertServed } = scene(
    "--max-handshakes",
    String(MOST_HANDSHAKES),
    "--handshake-timeout",
    "60s",
  );

  it("make room for each other, and a known client is served meanwhile", async () => {
    let open = 0;
    const sockets = await Promise.all(
      Array.from({ length: 300 }, async () => {
        const { socket, closed } = await silent(server().port);
        open += 1;
        void closed.then(() => (open -= 1));
        return { socket, closed };
      }),
    );
    await assertServed();
    // The oldest go first, long before their time is up.
    await Promise.all(sockets.slice(0, 300 - MOST_HANDSHAKES).map(({ closed }) => closed));
    assert.ok(open <= MOST_HANDSHAKES);
    for (const { socket } of sockets) socket.destroy();
    await assertServed();
  });
});

describe("renegotiation in TLS 1.2", () => {
  const { server, ada, assertServed, home } = scene();

  it("is refused to node, and the client stays who it was", async () => {
    using held = await HeldConnection.open(server().port, ada(), { maxVersion: "TLSv1.2" });
    const failed = new Promise<Error | null>((resolve) => {
      held.socket.on("error", resolve);
      held.socket.renegotiate({ rejectUnauthorized: false }, resolve);
    });
    assert.match(String(await failed), /no[_ ]renegotiation/i);
    await assertServed();
  });

  it("is refused to openssl", async () => {
    const { certFile, keyFile } = ada();
    const args = ["s_client", "-connect", server().address, "-tls1_2", "-cert", certFile, "-key", keyFile];
    const child = spawn("openssl", args, { stdio: ["pipe", "ignore", "pipe"] });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    const count = server().log.length;
    await server().logged((line) => server().log.indexOf(line) >= count - 1 && line.event === "recognised");
    child.stdin.write("R\n");
    await once(child, "close");
    assert.match(said, /no renegotiation/);
    await assertServed();
  });

  it("leaves one connection one peer", async () => {
    const events = new Set(server().log.map(({ event }) => event));
    assert.deepEqual(events, new Set(["listening", "recognised"]));
    await json(home, "store", "check");
  });
});

/** What a client of Node's says first. */
async function clientHello(version: TlsVersion = "TLSv1.3"): Promise<Buffer> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const socket = tls.connect({ port, host: "127.0.0.1", maxVersion: version });
  socket.on("error", () => undefined);
  const [accepted] = (await once(server, "connection")) as [Socket];
  const [hello] = (await once(accepted, "data")) as [Buffer];
  socket.destroy();
  server.close();
  return hello;
}
