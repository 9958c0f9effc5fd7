import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { identity } from "../guard/support/identities.ts";
import { configOf, listenerTo, openGateway } from "./support/scene.ts";
import { answers, exchange, gone, openClient, openUpstream, talking } from "./support/upstream.ts";

const ada = await identity("ada");

describe("a gateway that drains", () => {
  it("accepts nothing, and ends when the last connection has", async () => {
    await using upstream = await openUpstream();
    await using scene = await openGateway(configOf([listenerTo(upstream.port)]));
    const running = await talking(scene.port, ada);
    const drained = scene.gateway.drain();
    await assert.rejects(openClient(scene.port, ada), { code: "ECONNREFUSED" });
    assert.ok(await answers(running));
    assert.equal(await exchange(running, "last words"), "last words");
    await drained;
  });

  it("takes over no other configuration meanwhile, and listens nowhere that is new", async () => {
    await using upstream = await openUpstream();
    const listener = listenerTo(upstream.port);
    await using scene = await openGateway(configOf([listener]));
    const running = await talking(scene.port, ada);
    const drained = scene.gateway.drain();
    const both = configOf([listener, listenerTo(upstream.port, { name: "second" })]);
    await assert.rejects(scene.gateway.reload(both), /the gateway ends/);
    assert.ok(!scene.events.some((event) => event.type === "listening" && event.listener === "second"));
    running.end();
    await drained;
  });

  it("abandons the configuration that was prepared, whatever is said about it later", async () => {
    await using upstream = await openUpstream();
    const listener = listenerTo(upstream.port);
    await using scene = await openGateway(configOf([listener]));
    const prepared = await scene.gateway.prepare(
      configOf([{ ...listener, idleTimeoutMs: 1 }, listenerTo(upstream.port, { name: "second" })]),
    );
    const running = await talking(scene.port, ada);
    const drained = scene.gateway.drain();
    assert.deepEqual(prepared.commit(), []);
    prepared.abandon();
    assert.ok(await answers(running));
    running.end();
    await drained;
  });

  it("ends what still runs when the time is over", async () => {
    await using upstream = await openUpstream();
    const config = configOf([listenerTo(upstream.port)], { drainTimeoutMs: 100 });
    await using scene = await openGateway(config);
    const ended = gone(await talking(scene.port, ada));
    await scene.gateway.drain();
    await ended;
  });
});
