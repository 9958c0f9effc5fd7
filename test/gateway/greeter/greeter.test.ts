import assert from "node:assert/strict";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { identity } from "../../guard/support/identities.ts";
import { configOf, greetingListener, openGateway } from "../support/scene.ts";
import { until } from "../../store/sqlite/support/stores.ts";
import { openClient } from "../support/upstream.ts";

describe("a listener in mode greet", () => {
  it("answers a line with a greeting, and ends the connection", async () => {
    await using scene = await openGateway(configOf([greetingListener()]));
    const client = await openClient(scene.port, await identity("ada"));
    client.write("ada\r\nand what comes behind");
    assert.equal(await text(client), "Hello, ada");
  });

  it("answers what came before its client's end, too", async () => {
    await using scene = await openGateway(configOf([greetingListener()]));
    const client = await openClient(scene.port, await identity("ada"));
    client.end("ada");
    assert.equal(await text(client), "Hello, ada");
  });

  it("cuts off a line without an end", async () => {
    await using scene = await openGateway(configOf([greetingListener()]));
    const client = await openClient(scene.port, await identity("ada"));
    client.on("error", () => undefined).resume();
    client.write("a".repeat(8193));
    await once(client, "end");
    client.destroy();
  });

  it("ends a client that was answered and goes on saying something", async () => {
    await using scene = await openGateway(configOf([greetingListener()]));
    const client = await openClient(scene.port, await identity("ada"));
    client.on("error", () => undefined).resume();
    client.write("ada\n");
    const drip = setInterval(() => client.write("x"), 200);
    try {
      await until(() => scene.gateway.open === 0);
    } finally {
      clearInterval(drip);
      client.destroy();
    }
  });

  it("has no name in what is told of it where it needs none", async () => {
    await using scene = await openGateway(configOf([greetingListener()]));
    assert.equal((await scene.event("listening")).listener, null);
  });

  it("is the same one after a reload that changes what it asks of clients", async () => {
    await using scene = await openGateway(configOf([greetingListener()]));
    const { port } = scene;
    const listen = { host: "127.0.0.1", port };
    await scene.gateway.reload(configOf([greetingListener({ listen, clientCertificate: "optional" })]));
    const client = await openClient(port, undefined);
    client.end("nobody");
    assert.equal(await text(client), "Hello, nobody");
  });
});
