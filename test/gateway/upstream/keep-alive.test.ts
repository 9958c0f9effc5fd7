import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { describe, it } from "node:test";
import { Home, startServe, until } from "../../cli/support/serve.ts";
import { identity } from "../../guard/support/identities.ts";
import { startForward, startGateway } from "../../journeys/support/gateway.ts";
import { anna, connectRaw } from "../support/http-scene.ts";
import { openHttpUpstream } from "../support/http-upstream.ts";
import { configOf, listenerTo, openGateway } from "../support/scene.ts";
import { probedSockets, TABLE } from "../support/socket-timers.ts";
import { openClient, openUpstream } from "../support/upstream.ts";

const ada = await identity("ada");
const skip = existsSync(TABLE) ? false : `there is no ${TABLE}`;

/** From the last byte to the first probe. */
const IDLE_SECONDS = 45;

/** Whether whoever has the other end of a connection probes this one. */
function isProbed({ localPort, remotePort }: Socket): boolean {
  return probedSockets().some(
    (other) =>
      other.localPort === remotePort && other.remotePort === localPort && other.seconds <= IDLE_SECONDS,
  );
}

describe("a client that may have lost power", { skip }, () => {
  it("is probed by a gateway in mode tcp, in its handshake and after it", async () => {
    await using upstream = await openUpstream();
    await using scene = await openGateway(configOf([listenerTo(upstream.port)]));
    const silent = connect(scene.port, "127.0.0.1");
    const client = await openClient(scene.port, ada);
    client.write("hello");
    await once(client, "data");
    await until(() => isProbed(silent) && isProbed(client));
    silent.destroy();
    client.destroy();
  });

  it("is probed by a gateway in mode http, after an upgrade too", async () => {
    await using upstream = await openHttpUpstream(
      (_request, response) => response.end("ok"),
      (server) =>
        server.on("upgrade", (_request, socket) => {
          socket.write("HTTP/1.1 101 Fine\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
        }),
    );
    const to = {
      kind: "tcp",
      address: { host: "127.0.0.1", port: upstream.port },
      protocol: "http",
    } as const;
    await using scene = await openGateway(configOf([listenerTo(to, { mode: "http" })]));
    for (const upgrade of ["", "Connection: Upgrade\r\nUpgrade: x\r\n"]) {
      const socket = await connectRaw(scene.port, anna);
      socket.write(`GET / HTTP/1.1\r\nHost: a\r\n${upgrade}\r\n`);
      await once(socket, "data");
      await until(() => isProbed(socket));
      socket.destroy();
    }
  });

  it("is probed by serve", async () => {
    using home = new Home();
    await using server = await startServe(home);
    const silent = connect(server.port, "127.0.0.1");
    await once(silent, "connect");
    await until(() => isProbed(silent));
    silent.destroy();
  });

  it("is probed by forward, and so is the gateway", async () => {
    using home = new Home();
    await using upstream = await openUpstream();
    await using gateway = await startGateway(home, `127.0.0.1:${upstream.port}`);
    await using forward = await startForward(home, gateway);
    const local = connect(forward.port, "127.0.0.1");
    local.write("x");
    await once(local, "data");
    await until(() => isProbed(local));
    // Both ends of the tunnel are on this machine.
    const isTunnelProbed = (): boolean =>
      probedSockets().some(({ remotePort }) => remotePort === gateway.port);
    await until(isTunnelProbed);
    local.destroy();
  });
});
