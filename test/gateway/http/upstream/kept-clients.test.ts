import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { describe, it } from "node:test";
import type { Dispatcher } from "undici";
import { KeptClients } from "../../../../src/gateway/http/upstream/kept-clients.ts";

describe("kept connections of undici", () => {
  it("are used again, the one that was used last first", async () => {
    await using upstream = await openUpstream();
    const clients = clientsOf(upstream);
    assert.deepEqual(await Promise.all([ask(clients, "/one"), ask(clients, "/two")]), ["1", "2"]);
    await settled();
    const last = await ask(clients, "/three");
    await settled();
    assert.equal(await ask(clients, "/four"), last);
    assert.equal(upstream.sockets.length, 2);
    clients.close();
  });

  it("begin no request when they are too old", async () => {
    await using upstream = await openUpstream();
    const clients = clientsOf(upstream, -1);
    assert.equal(await ask(clients, "/one"), "1");
    await settled();
    assert.equal(await ask(clients, "/two"), "2");
    clients.close();
  });

  it("outlive a request that cannot be sent", async () => {
    await using upstream = await openUpstream();
    const clients = clientsOf(upstream);
    assert.equal(await ask(clients, "/one"), "1");
    await settled();
    await assert.rejects(ask(clients, "no path"), /path/);
    assert.equal(await ask(clients, "/two"), "1");
    clients.close();
  });

  it("are replaced when the upstream closes them", async () => {
    await using upstream = await openUpstream();
    const clients = clientsOf(upstream);
    assert.equal(await ask(clients, "/one"), "1");
    await settled();
    const [socket] = upstream.sockets;
    assert.ok(socket);
    socket.end();
    await once(socket, "close");
    await settled();
    assert.equal(await ask(clients, "/two"), "2");
    clients.close();
  });

  it("are closed when nobody needs them any more", async () => {
    await using upstream = await openUpstream();
    const clients = clientsOf(upstream);
    await ask(clients, "/one");
    await settled();
    const answer = ask(clients, "/two");
    clients.close();
    assert.equal(await answer, "1");
    const [socket] = upstream.sockets;
    assert.ok(socket);
    if (!socket.closed) await once(socket, "close");
  });
});

interface Upstream extends AsyncDisposable {
  readonly port: number;
  readonly sockets: net.Socket[];
}

/** Answers each request with the number of its connection. */
async function openUpstream(): Promise<Upstream> {
  const sockets: net.Socket[] = [];
  const server = net.createServer((socket) => {
    const number = String(sockets.push(socket));
    socket.on("error", () => undefined);
    socket.on("data", () => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${number.length}\r\n\r\n${number}`);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as net.AddressInfo).port,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function clientsOf({ port }: Upstream, mostAgeMs = 60_000): KeptClients<Dispatcher.DispatchHandler> {
  return new KeptClients({ pipelining: 1 }, mostAgeMs, (_, connected) => {
    const socket = net.connect(port, "127.0.0.1", () => connected(null, socket));
  });
}

async function ask(clients: KeptClients<Dispatcher.DispatchHandler>, path: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = "";
  clients.dispatch(
    { method: "GET", path, headers: ["Host", "a"] },
    {
      onRequestStart: () => undefined,
      onResponseStart: () => undefined,
      onResponseData: (_, chunk) => void (text += chunk.toString()),
      onResponseEnd: () => resolve(text),
      onResponseError: (_, error) => reject(error),
    },
  );
  return promise;
}

/** undici keeps a connection to itself for a turn of the event loop behind an answer. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
