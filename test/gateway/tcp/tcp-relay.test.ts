import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { describe, it } from "node:test";
import { connect } from "node:tls";
import { identity } from "../../guard/support/identities.ts";
import { configOf, listenerTo, openGateway } from "../support/scene.ts";
import { gone, openClient, openUpstream, talking } from "../support/upstream.ts";

describe("a client whose upstream ended and then broke off", () => {
  it("is gone when it goes, whatever it was saying", async () => {
    await using upstream = await openUpstream((socket) => socket.end("bye"));
    await using scene = await openGateway(configOf([listenerTo(upstream.port)]));
    const arrived = upstream.connection();
    const client = await openClient(scene.port, await identity("ada"));
    client.on("error", () => undefined);
    const served = await arrived;
    await once(client.resume(), "end");
    served.resetAndDestroy();
    client.write(Buffer.alloc(4_000_000));
    await scene.event("upstream-failed");
    client.destroy();
    await scene.event("relayed");
  });
});

describe("clients whose TLS fails while they are connected", () => {
  it("are gone, and so are their connections to the upstream", async () => {
    await using upstream = await openUpstream();
    await using scene = await openGateway(configOf([listenerTo(upstream.port)]));
    const ada = await identity("ada");
    const stay: net.Socket[] = [];
    for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
      const raw = net.connect({ port: scene.port, host: "127.0.0.1" });
      stay.push(raw.on("error", () => undefined));
      const { key, cert } = ada;
      const client = connect({ socket: raw, key, cert, rejectUnauthorized: false, maxVersion });
      client.on("error", () => undefined);
      client.write("hello");
      await once(client, "data");
      const [served] = upstream.sockets;
      assert(served);
      // Application data that does not verify: the gateway answers by a fatal alert.
      raw.write(Buffer.concat([Buffer.from([23, 3, 3, 0, 32]), Buffer.alloc(32, 7)]));
      await gone(served);
    }
    for (const raw of stay) raw.destroy();
    (await talking(scene.port, ada)).destroy();
  });
});

describe("a client that says nothing and ends its half before it was met", () => {
  it("leaves no connection behind, and the upstream hears of its end", async () => {
    await using upstream = await openUpstream((socket) => socket.resume().on("end", () => socket.end()));
    await using scene = await openGateway(configOf([listenerTo(upstream.port)]));
    const client = await openClient(scene.port, await identity("ada"));
    await once(client.resume().end(), "close");
    await scene.event("relayed");
  });
});
