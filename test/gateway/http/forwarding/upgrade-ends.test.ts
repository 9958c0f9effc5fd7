import { once } from "node:events";
import type { Duplex } from "node:stream";
import { describe, it } from "node:test";
import { closed } from "../../../guard/support/closed.ts";
import { connectRaw, openHttpScene } from "../../support/http-scene.ts";
import { openHttpUpstream } from "../../support/http-upstream.ts";

describe("a client of an upgraded connection that said all and is gone", () => {
  it("leaves no connection to an upstream that goes on as if it were there", async () => {
    const arrived = Promise.withResolvers<Duplex>();
    await using upstream = await openHttpUpstream(
      () => undefined,
      (server) => {
        // Node's sockets would end by themselves.
        Object.assign(server, { allowHalfOpen: true });
        server.on("upgrade", (_request, socket) => {
          socket.write("HTTP/1.1 101 Fine\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello");
          arrived.resolve(socket);
        });
      },
    );
    await using scene = await openHttpScene({ to: upstream.port, guard: { allowHalfOpen: true } });
    const client = await connectRaw(scene.port);
    client.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
    const served = await arrived.promise;
    await once(client, "data");
    served.resume();
    const ended = once(served, "end");
    client.end();
    await ended;
    const over = closed(served);
    client.destroy();
    const speaking = setInterval(() => served.write("more"), 10);
    await over;
    clearInterval(speaking);
  });
});

describe("a client that ends its half before it is answered that the protocol is another", () => {
  for (const [name, first] of [
    ["and said nothing more", ""],
    ["and said something before", "first words"],
  ] as const) {
    it(`is heard to its end by the upstream, ${name}`, async () => {
      const arrived = Promise.withResolvers<Duplex>();
      await using upstream = await openHttpUpstream(
        () => undefined,
        (server) => {
          Object.assign(server, { allowHalfOpen: true });
          server.on("upgrade", (_request, socket) => arrived.resolve(socket));
        },
      );
      await using scene = await openHttpScene({ to: upstream.port, guard: { allowHalfOpen: true } });
      const client = await connectRaw(scene.port);
      client.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
      const served = await arrived.promise;
      client.resume().end(first);
      // Until the gateway has it: a socket without listeners tells its end to nobody.
      await new Promise((resolve) => setTimeout(resolve, 50));
      served.write("HTTP/1.1 101 Fine\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello");
      const over = once(served.resume(), "end");
      await over;
      served.end();
      await closed(client);
    });
  }
});

describe("a client that asks for another protocol and gets none", () => {
  const upgrade = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";
  for (const [name, request] of [
    ["the upstream declines", upgrade],
    ["it is refused", upgrade.replace("GET /", "GET /\x01")],
    ["it asks for a tunnel", "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n"],
    ["it asks for another host", upgrade.replace("Host: a", "Host: b")],
  ] as const) {
    it(`is gone when it ends, whatever else it says: ${name}`, async () => {
      await using upstream = await openHttpUpstream((_request, response) => response.end("no"));
      const config = { serverNames: ["a"] };
      const guard = { allowHalfOpen: true };
      await using scene = await openHttpScene({ to: upstream.port, config, guard });
      const client = await connectRaw(scene.port);
      let [connection] = scene.guard.connections;
      for (; connection === undefined; [connection] = scene.guard.connections)
        await new Promise(setImmediate);
      const over = closed(connection.socket);
      client.resume().end(`${request}${"and more".repeat(100_000)}`);
      await over;
    });
  }
});
