import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { identity } from "../../guard/support/identities.ts";
import { configOf, listenerTo, openGateway } from "../support/scene.ts";
import { openClient, openUpstream } from "../support/upstream.ts";

describe("an upstream in mode tcp that says why and closes while its client goes on", () => {
  it("is heard by the client, who sees that it broke off", async () => {
    const ada = await identity("ada");
    await using upstream = await openUpstream((socket) => {
      socket.once("data", () => {
        socket.pause();
        socket.write("too much", () => socket.destroy());
      });
    });
    await using scene = await openGateway(configOf([listenerTo(upstream.port)]));
    for (let round = 0; round < 10; round += 1) {
      const client = await openClient(scene.port, ada);
      let received = "";
      client.setEncoding("latin1").on("data", (text: string) => (received += text));
      const over = new Promise<string>((resolve) => {
        client.on("end", () => resolve("end"));
        client.on("error", ({ message }) => resolve(message));
      });
      client.write(Buffer.alloc(4 * 1024 * 1024));
      assert.notEqual(await over, "end");
      assert.equal(received, "too much");
      client.destroy();
    }
  });
});
