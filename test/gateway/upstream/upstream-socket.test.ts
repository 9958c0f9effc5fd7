import { readFileSync } from "node:fs";
import type http from "node:http";
import { describe, it } from "node:test";
import { identity } from "../../guard/support/identities.ts";
import { connectRaw, openHttpScene } from "../support/http-scene.ts";
import { openH2cUpstream, openHttpUpstream, type Upstream } from "../support/http-upstream.ts";
import { configOf, listenerTo, openGateway } from "../support/scene.ts";
import { openClient, openUpstream } from "../support/upstream.ts";
import { until } from "../../cli/support/serve.ts";

/** proc_net_tcp(5): the timer of a connection that is probed, and hundredths of a second until it runs out. */
const PROBED = "02";
const ESTABLISHED = "01";

/** In how many seconds the kernel will probe whoever connected to a local port; undefined for never. */
function probedIn(port: number): readonly (number | undefined)[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const lines = readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
  return lines
    .filter(([, , remote, state]) => remote?.endsWith(suffix) === true && state === ESTABLISHED)
    .map(([, , , , , timer]) => {
      const [kind, left = "0"] = timer?.split(":") ?? [];
      return kind === PROBED ? Number.parseInt(left, 16) / 100 : undefined;
    });
}

/** Comes to be so: as long as something is on its way, its sender waits for that instead. */
async function assertProbed(port: number): Promise<void> {
  await until(() => {
    const seconds = probedIn(port);
    return seconds.length > 0 && seconds.every((left) => left !== undefined && left <= 46);
  });
}

const REQUESTS = {
  "a request without a body": "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  "a request with a body":
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
};

async function askOver(scene: { readonly port: number }, request: string, upstream: Upstream): Promise<void> {
  const socket = await connectRaw(scene.port);
  socket.write(request);
  await new Promise((resolve) => socket.once("data", resolve));
  await assertProbed(upstream.port);
  socket.destroy();
}

describe("connections to an upstream are probed by TCP", { skip: process.platform !== "linux" }, () => {
  for (const [what, request] of Object.entries(REQUESTS)) {
    it(`for ${what}, over HTTP/1.1 and h2c, also while they are kept`, async () => {
      await using upstream = await openHttpUpstream((_request, response) => response.end("ok"));
      await using first = await openHttpScene({ to: upstream.port });
      for (let round = 0; round < 2; round += 1) await askOver(first, request, upstream);
      await using second = await openH2cUpstream((stream) =>
        stream.respond({ ":status": 200 }, { endStream: true }),
      );
      await using other = await openHttpScene({ to: second.port, protocol: "h2c" });
      await askOver(other, request, second);
    });
  }

  it("for an upgrade", async () => {
    await using upstream = await openHttpUpstream(
      () => undefined,
      (server: http.Server) => {
        server.on("upgrade", (_request, socket) => {
          socket.write("HTTP/1.1 101 Sure\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
        });
      },
    );
    await using scene = await openHttpScene({ to: upstream.port });
    const upgrade = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n";
    await askOver(scene, upgrade, upstream);
  });

  it("for mode tcp", async () => {
    await using upstream = await openUpstream();
    await using scene = await openGateway(configOf([listenerTo(upstream.port)]));
    const client = await openClient(scene.port, await identity("ada"));
    client.write("x");
    await new Promise((resolve) => client.once("data", resolve));
    await assertProbed(upstream.port);
    client.destroy();
  });
});
