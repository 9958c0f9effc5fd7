import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, it } from "node:test";
import { startTls } from "../../../src/client/starttls/starttls.ts";
import type { ForwardingListener } from "../../../src/gateway/config/config.ts";
import {
  STARTTLS_SERVER_PROTOCOLS,
  STARTTLS_SERVERS,
  type StartTlsServerProtocol,
} from "../../../src/gateway/starttls/starttls-servers.ts";
import { until } from "../../cli/support/serve.ts";
import { identity, type TestIdentity } from "../../guard/support/identities.ts";
import { headerV2 } from "../support/proxy-header.ts";
import { configOf, type GatewayScene, listenerTo, openGateway } from "../support/scene.ts";
import {
  echo,
  exchange,
  gone,
  openClient,
  openUpstream,
  received,
  type TestUpstream,
} from "../support/upstream.ts";
import { START_TLS_REQUEST } from "./support.ts";
import { PATIENCE_MS } from "../../support/patience.ts";

const ada = await identity("ada");

const GREETINGS: Readonly<Partial<Record<StartTlsServerProtocol, string>>> = {
  smtp: "220 mail.example ESMTP\r\n",
  imap: "* OK ready\r\n",
  pop3: "+OK ready\r\n",
};

/** Greets as a server of a protocol does, and then sends back what it gets. */
function openService(protocol: StartTlsServerProtocol): Promise<TestUpstream> {
  return openUpstream((socket) => {
    socket.write(GREETINGS[protocol] ?? "");
    echo(socket);
  });
}

function openScene(
  protocol: StartTlsServerProtocol,
  upstream: TestUpstream,
  over: Partial<ForwardingListener> = {},
): Promise<GatewayScene> {
  return openGateway(configOf([listenerTo(upstream.port, { starttls: protocol, ...over })]));
}

/** A connection up to where TLS may begin. */
async function ready(port: number, protocol: StartTlsServerProtocol, before = ""): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  if (before !== "") socket.write(before, "latin1");
  await startTls(socket, { protocol, server: { host: "127.0.0.1", port }, timeoutMs: PATIENCE_MS });
  return socket;
}

async function say(
  { port }: GatewayScene,
  protocol: StartTlsServerProtocol,
  who: TestIdentity | undefined,
  said: string,
): Promise<string> {
  const socket = await ready(port, protocol);
  return exchange(await openClient(port, who, { socket }), said);
}

for (const protocol of STARTTLS_SERVER_PROTOCOLS) {
  describe(`a listener that begins with ${STARTTLS_SERVERS[protocol].name}`, () => {
    it("leads who asked for TLS and is known to the upstream, whose greeting nobody hears twice", async () => {
      await using upstream = await openService(protocol);
      await using scene = await openScene(protocol, upstream);
      assert.equal(await say(scene, protocol, ada, "hello"), "hello");
    });

    it("asks the upstream nothing before the verdict", async () => {
      await using upstream = await openService(protocol);
      const policy = { firstUse: "ask", bind: "name", validity: "enforce", rotation: "accept" } as const;
      await using scene = await openScene(protocol, upstream, { policy });
      for (const who of [ada, undefined]) {
        const socket = await ready(scene.port, protocol);
        const client = await openClient(scene.port, who, { socket });
        const [error] = (await once(client.resume(), "error")) as [Error & { code?: string }];
        assert.match(String(error.code), who === undefined ? /CERTIFICATE_REQUIRED/ : /ALERT_ACCESS_DENIED/);
      }
      assert.equal(upstream.sockets.size, 0);
    });

    it("ends who says more in the clear with its request, counts and tells it as a failed handshake", async () => {
      await using upstream = await openService(protocol);
      await using scene = await openScene(protocol, upstream);
      const socket = connect(scene.port, "127.0.0.1").on("error", () => undefined);
      socket.write(`${START_TLS_REQUEST[protocol]}injected\r\n`, "latin1");
      await gone(socket);
      const { error, remoteAddress } = await scene.event("handshake-failed");
      const { name } = STARTTLS_SERVERS[protocol];
      assert.equal(error.message, `${name}: 10 bytes came in the clear with the request for TLS`);
      assert.equal(remoteAddress, "127.0.0.1");
      assert.equal(scene.opened[0]?.guard.stats.accepted, 1);
      assert.equal(upstream.sockets.size, 0);
    });
  });
}

describe("who talks to a listener in the clear", () => {
  it("is one of those whose handshake is under way, and ends as they do", async () => {
    await using upstream = await openService("smtp");
    await using scene = await openScene("smtp", upstream, { maxHandshakes: 2 });
    const sockets = Array.from({ length: 3 }, () => connect(scene.port, "127.0.0.1"));
    const [oldest] = sockets;
    await Promise.all(sockets.slice(1).map((socket) => once(socket, "data")));
    assert(oldest);
    await gone(oldest);
    const guard = scene.opened[0]?.guard;
    assert.equal(guard?.stats.dropped, 1);
    assert.equal(guard.handshakes, 2);
    for (const socket of sockets) socket.destroy();
  });

  it("has as long for it as for a handshake", async () => {
    await using upstream = await openService("pop3");
    await using scene = await openScene("pop3", upstream, { handshakeTimeoutMs: 1000 });
    const socket = connect(scene.port, "127.0.0.1");
    socket.write("CAPA\r\n");
    await gone(socket);
    const guard = scene.opened[0]?.guard;
    assert.equal(guard?.stats.timedOut, 1);
    assert.equal(guard.handshakes, 0);
    const { error } = await scene.event("handshake-failed");
    assert.equal(error.message, "POP3 STLS: the connection ended before TLS began");
  });

  it("is not told of when it says nothing, or goodbye", async () => {
    await using upstream = await openService("imap");
    await using scene = await openScene("imap", upstream);
    await gone(
      connect(scene.port, "127.0.0.1").on("connect", function silent(this: Socket) {
        this.end();
      }),
    );
    const polite = connect(scene.port, "127.0.0.1");
    polite.write("a LOGOUT\r\n");
    assert.match(String(await received(polite)), /a OK Done\.\r\n$/);
    polite.destroy();
    assert.deepEqual(
      scene.events.filter(({ type }) => type === "handshake-failed"),
      [],
    );
    await until(() => scene.opened[0]?.guard.handshakes === 0);
  });

  it("may come through a proxy that says so first", async () => {
    await using upstream = await openService("smtp");
    await using scene = await openScene("smtp", upstream, { acceptProxy: ["127.0.0.1"] });
    const header = Buffer.from(headerV2("198.51.100.7", 40_000)).toString("latin1");
    const socket = await ready(scene.port, "smtp", header);
    assert.equal(await exchange(await openClient(scene.port, ada, { socket }), "hello"), "hello");
    const other = connect(scene.port, "127.0.0.1").on("error", () => undefined);
    other.write(`${header}STARTTLS\r\nNOOP\r\n`, "latin1");
    await gone(other);
    assert.equal((await scene.event("handshake-failed")).remoteAddress, "198.51.100.7");
  });

  it("hears from PostgreSQL's listener why it may not log in without TLS, and may begin TLS at once", async () => {
    await using upstream = await openService("postgres");
    await using scene = await openScene("postgres", upstream, { alpn: ["postgresql"] });
    const plain = connect(scene.port, "127.0.0.1");
    plain.write("\0\0\0\x13\0\x03\0\0user\0me\0\0\0\0", "latin1");
    assert.match(String(await received(plain)), /this server is for connections with TLS/);
    plain.destroy();
    const direct = await openClient(scene.port, ada, { ALPNProtocols: ["postgresql"] });
    assert.equal(direct.alpnProtocol, "postgresql");
    assert.equal(await exchange(direct, "hello"), "hello");
    const asked = await ready(scene.port, "postgres");
    assert.equal(await exchange(await openClient(scene.port, ada, { socket: asked }), "hello"), "hello");
    const other = openClient(scene.port, ada, { ALPNProtocols: ["http/1.1"] });
    await assert.rejects(other, /no application protocol/);
  });
});

describe("a client whose upstream greets", () => {
  it("is heard by it in the order in which it spoke, behind the greeting", async () => {
    await using upstream = await openUpstream();
    await using scene = await openScene("smtp", upstream);
    const arrived = upstream.connection();
    const client = await openClient(scene.port, ada, { socket: await ready(scene.port, "smtp") });
    client.write("EHLO me\r\n");
    client.write("NOOP\r\n");
    const served = await arrived;
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(served.bytesRead, 0);
    served.write("220 mail.example\r\n");
    const [chunk] = (await once(client, "data")) as [Buffer];
    assert.match(String(chunk), /^EHLO me\r\n/);
    client.destroy();
  });

  it("hears of it when that turns it away", async () => {
    for (const [protocol, said] of [
      ["smtp", "421 4.3.2 busy\r\n"],
      ["imap", "* BYE busy\r\n"],
      ["pop3", "-ERR busy\r\n"],
    ] as const) {
      await using upstream = await openUpstream((socket) => socket.end(said));
      await using scene = await openScene(protocol, upstream);
      const client = await openClient(scene.port, ada, { socket: await ready(scene.port, protocol) });
      assert.equal(String(await received(client)), said);
      client.destroy();
    }
  });

  it("is gone when that greets as no such server, ends, or says nothing in time, and the failure is told", async () => {
    for (const [serve, failure, message, connectTimeoutMs] of [
      [
        (socket) => void socket.write("HTTP/1.1 400 Bad Request\r\n"),
        "broken",
        /greets as no such server does/,
        PATIENCE_MS,
      ],
      [(socket) => void socket.end(), "broken", /without a greeting/, PATIENCE_MS],
      [() => undefined, "timed-out", /no greeting within 1000 ms/, 1000],
    ] as const satisfies readonly (readonly [(socket: Socket) => void, string, RegExp, number])[]) {
      await using upstream = await openUpstream(serve);
      await using scene = await openScene("imap", upstream, { connectTimeoutMs });
      const client = await openClient(scene.port, ada, { socket: await ready(scene.port, "imap") });
      await gone(client);
      const failed = await scene.event("upstream-failed");
      assert.equal(failed.failure, failure);
      assert.match(failed.error.message, message);
    }
  });
});
