import { once } from "node:events";
import { describe, it } from "node:test";
import { identity } from "../guard/support/identities.ts";
import { configOf, listenerTo, openGateway } from "./support/scene.ts";
import { openClient, openUpstream } from "./support/upstream.ts";

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
