import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { hash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createConnection, createServer, type Socket } from "node:net";
import { describe, it } from "node:test";
import type { UpstreamFailed } from "../../../src/trust/happenings/gateway-happening.ts";
import { Happenings } from "../../../src/trust/happenings/happenings.ts";
import { createTcpService } from "../../../src/gateway/tcp/tcp-service.ts";
import { connectionOf } from "../../../src/guard/connection/peer-of.ts";
import { identity } from "../../guard/support/identities.ts";
import { connectOnce } from "../../guard/support/node-client.ts";
import { configOf, listenerTo, openGateway, tcp } from "../support/scene.ts";
import { exchange, gone, openClient, openUpstream, received } from "../support/upstream.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { freePort } from "../../support/free-port.ts";

const ada = await identity("ada");

describe("mode tcp", () => {
  it("takes a client it knows to the upstream and back, in both versions of TLS", async () => {
    await using upstream = await openUpstream();
    await using scene = await openGateway(configOf([listenerTo(upstream.port)]));
    for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
      const client = await openClient(scene.port, ada, { maxVersion });
      assert.equal(await exchange(client, "hello"), "hello");
    }
  });

  it("takes clients to a Unix socket", async () => {
    const path = `${temporaryFolder()}/app.sock`;
    const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(path);
    await once(server, "listening");
    await using scene = await openGateway(configOf([listenerTo({ kind: "unix", path })]));
    assert.equal(await exchange(await openClient(scene.port, ada), "local"), "local");
    server.close();
  });

  it("ends the connection to a Unix socket when its client is cut off, and goes on", async () => {
    const path = `${temporaryFolder()}/app.sock`;
    const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(path);
    await once(server, "listening");
    const listener = listenerTo({ kind: "unix", path }, { idleTimeoutMs: 1000 });
    await using scene = await openGateway(configOf([listener]));
    const arrived = once(server, "connection") as Promise<[Socket]>;
    const client = await openClient(scene.port, ada);
    const [served] = await arrived;
    await Promise.all([gone(served), gone(client)]);
    await scene.gateway.reload(configOf([{ ...listener, idleTimeoutMs: 0 }]));
    assert.equal(await exchange(await openClient(scene.port, ada), "local"), "local");
    server.close();
  });

  it("ends the connection to the upstream of a client that said all and is gone, whatever the upstream still says", async () => {
    await using upstream = await openUpstream((socket) => {
      const write = (): void => {
        while (socket.write("more"));
        socket.once("drain", write);
      };
      write();
    });
    await using scene = await openGateway(configOf([listenerTo(upstream.port)]));
    const arrived = upstream.connection();
    const client = await openClient(scene.port, ada);
    const served = await arrived;
    served.resume();
    client.end("that was it");
    await once(served, "end");
    const over = gone(served);
    client.destroy();
    await over;
  });

  it("opens no connection to the upstream for a client that is refused", async () => {
    await using upstream = await openUpstream(() => assert.fail("somebody came through"));
    const policy = { firstUse: "ask", bind: "name", validity: "enforce", rotation: "accept" } as const;
    await using scene = await openGateway(configOf([listenerTo(upstream.port, { policy })]));
    const refused = await connectOnce({ port: scene.port, identity: ada, eager: "let me in" });
    assert.equal(refused.alert, 49);
    assert.equal((await connectOnce({ port: scene.port, eager: "let me in" })).alert, 116);
    assert.equal(upstream.sockets.size, 0);
  });

  it("closes a connection of which it cannot say whose it is, and the upstream hears nothing", async () => {
    const heard: unknown[] = [];
    await using upstream = await openUpstream((socket) => socket.on("data", (chunk) => heard.push(chunk)));
    const failures: UpstreamFailed[] = [];
    const happenings = new Happenings();
    happenings.subscribe(["upstream-failed"], (failure) => void failures.push(failure));
    const { key, cert } = await identity("localhost");
    // Without a guard nobody is recognised.
    const { server } = createTcpService({
      config: listenerTo(upstream.port, { sendProxy: "v2" }),
      tls: { key, cert },
      isAllowed: () => true,
      lookedAt: () => null,
      onDenied: () => undefined,
      happenings,
      cut: () => undefined,
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = await openClient((server.address() as AddressInfo).port, ada);
    client.write("hello");
    await gone(client);
    server.close();
    await once(server, "close");
    assert.deepEqual(heard, []);
    assert.equal(failures[0]?.failure, "unannounced");
  });

  it("passes on what one side has left to say after the other one ended", async () => {
    await using upstream = await openUpstream((socket) => {
      void received(socket).then(({ length }) => socket.end(`${length} bytes`));
    });
    await using scene = await openGateway(configOf([listenerTo(upstream.port)]));
    assert.equal(await exchange(await openClient(scene.port, ada), "x".repeat(300_000)), "300000 bytes");
  });

  it("passes on the end of a client that ended before anybody listened", async () => {
    await using upstream = await openUpstream((socket) => socket.resume().on("end", () => socket.end("bye")));
    await using scene = await openGateway(configOf([listenerTo(upstream.port)]));
    for (let again = 0; again < 5; again++) {
      // The first of them is not handed over before the store has it.
      const client = await openClient(scene.port, again === 0 ? await identity("quick") : ada);
      client.end();
      assert.equal(String(await received(client)), "bye");
    }
  });

  it("lets a client go on sending after the upstream ended its half", async () => {
    await using upstream = await openUpstream((socket) => socket.end("bye"));
    await using scene = await openGateway(configOf([listenerTo(upstream.port)]));
    const arrived = upstream.connection();
    const client = await openClient(scene.port, ada);
    assert.equal(String(await received(client)), "bye");
    const heard = received(await arrived);
    client.end("still here");
    assert.equal(String(await heard), "still here");
  });

  it("passes on megabytes both ways unharmed, and keeps little of them while the reader is slow", async () => {
    const size = 24 * 1024 * 1024;
    const down = randomBytes(size);
    const up = randomBytes(size);
    await using upstream = await openUpstream(() => undefined);
    await using scene = await openGateway(configOf([listenerTo(upstream.port)]));
    const arrived = upstream.connection();
    const client = await openClient(scene.port, ada);
    const served = await arrived;
    served.end(down);
    client.end(up);
    // Nobody reads yet: what the gateway took is bounded, so neither side can get rid of it all.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const [connection] = [...upstream.sockets];
    assert.ok(connection && connection.writableLength > size / 4, "the gateway took it all");
    assert.ok(client.writableLength > size / 4, "the gateway took it all");
    const [sent, got] = await Promise.all([received(served), received(client)]);
    assert.equal(hash("sha256", sent), hash("sha256", up));
    assert.equal(hash("sha256", got), hash("sha256", down));
  });

  it("keeps what a client says before the upstream is there", async () => {
    await using upstream = await openUpstream();
    await using scene = await openGateway(configOf([listenerTo(upstream.port)]));
    const client = await openClient(scene.port, ada);
    client.write("early ");
    client.end("bird");
    assert.equal(String(await received(client)), "early bird");
  });

  it("carries a reset of the upstream over to the client, and says so", async () => {
    await using upstream = await openUpstream((socket) => {
      socket.write("half an ans");
      socket.once("data", () => socket.resetAndDestroy());
    });
    await using scene = await openGateway(configOf([listenerTo(upstream.port)]));
    const client = await openClient(scene.port, ada);
    await once(client, "data");
    client.write("more");
    const [error] = (await once(client, "error")) as [NodeJS.ErrnoException];
    assert.equal(error.code, "ECONNRESET");
    const { failure, peer } = await scene.event("upstream-failed");
    assert.equal(failure, "broken");
    assert.equal(peer, "ada");
  });

  it("carries a reset of the client over to the upstream", async () => {
    await using upstream = await openUpstream(() => undefined);
    await using scene = await openGateway(configOf([listenerTo(upstream.port)]));
    const arrived = upstream.connection();
    const transport = createConnection(scene.port, "127.0.0.1");
    const client = await openClient(scene.port, ada, { socket: transport });
    client.on("error", () => undefined);
    const served = await arrived;
    served.resume();
    const failed = once(served, "error") as Promise<[NodeJS.ErrnoException]>;
    // What a killed process does that has not read everything.
    transport.resetAndDestroy();
    const [error] = await failed;
    assert.equal(error.code, "ECONNRESET");
    const { bytesIn } = await scene.event("relayed");
    assert.equal(bytesIn, 0);
  });

  it("closes the connection when the upstream is down, and goes on", async () => {
    const port = await freePort();
    await using scene = await openGateway(configOf([listenerTo(port)]));
    const client = await openClient(scene.port, ada);
    await gone(client);
    const { failure } = await scene.event("upstream-failed");
    assert.equal(failure, "unreachable");
    await using upstream = await openUpstream();
    await scene.gateway.reload(configOf([listenerTo(upstream.port)]));
    assert.equal(await exchange(await openClient(scene.port, ada), "again"), "again");
  });

  it("gives up on an upstream that does not answer in time", async () => {
    const { port, stop } = await stuckServer();
    await using scene = await openGateway(configOf([listenerTo(port, { connectTimeoutMs: 200 })]));
    const client = await openClient(scene.port, ada);
    await gone(client);
    assert.equal((await scene.event("upstream-failed")).failure, "timed-out");
    stop();
  });

  it("ends a connection without a byte either way after the idle timeout", async () => {
    await using upstream = await openUpstream();
    await using scene = await openGateway(configOf([listenerTo(upstream.port, { idleTimeoutMs: 300 })]));
    const client = await openClient(scene.port, ada);
    const began = performance.now();
    client.write("x");
    await gone(client);
    assert.ok(performance.now() - began >= 290);
  });

  it("ends a connection at its greatest age, however busy it is", async () => {
    await using upstream = await openUpstream();
    const listener = listenerTo(upstream.port, { maxConnectionAgeMs: 400 });
    await using scene = await openGateway(configOf([listener]));
    const began = performance.now();
    const client = await openClient(scene.port, ada);
    client.on("data", (chunk) => client.write(chunk));
    client.write("x");
    await gone(client);
    const age = performance.now() - began;
    assert.ok(age > 350, `${age} ms`);
  });

  it("cuts a live connection when its key is revoked, and the upstream sees a reset", async () => {
    await using upstream = await openUpstream();
    await using scene = await openGateway(configOf([listenerTo(upstream.port)]));
    const arrived = upstream.connection();
    const client = await openClient(scene.port, ada);
    const served: Socket = await arrived;
    served.resume();
    const failed = once(served, "error");
    const ended = gone(client);
    await scene.operator.revoke("ada");
    await Promise.all([failed, ended]);
    assert.equal((await connectOnce({ port: scene.port, identity: ada })).alert, 44);
  });

  it("tells of each connection how much went through, and whose it was", async () => {
    await using upstream = await openUpstream();
    await using scene = await openGateway(configOf([listenerTo(tcp(upstream.port))]));
    const client = await openClient(scene.port, ada);
    assert.equal(connectionOf(client), undefined);
    await exchange(client, "12345");
    const relayed = await scene.event("relayed");
    assert.equal(relayed.peer, "ada");
    assert.deepEqual([relayed.bytesIn, relayed.bytesOut], [5, 5]);
  });
});

/** A server whose queue is full and that accepts nothing: the kernel drops what else comes. */
async function stuckServer(): Promise<{ readonly port: number; readonly stop: () => void }> {
  const script =
    "import socket,time\ns=socket.socket()\ns.bind(('127.0.0.1',0))\ns.listen(0)\nprint(s.getsockname()[1],flush=True)\ntime.sleep(60)";
  const child = spawn("python3", ["-c", script], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const port = Number(String(line));
  const queued = [1, 2, 3].map(() => createConnection(port, "127.0.0.1").on("error", () => undefined));
  await once(queued[0] ?? child, "connect");
  const stop = (): void => {
    for (const socket of queued) socket.destroy();
    child.kill();
  };
  return { port, stop };
}
