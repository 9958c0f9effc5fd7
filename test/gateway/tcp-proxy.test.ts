import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { identity } from "../guard/support/identities.ts";
import { configOf, listenerTo, openGateway } from "./support/scene.ts";
import { exchange, openClient, openUpstream } from "./support/upstream.ts";

const ada = await identity("ada");

describe("mode tcp", () => {
  it("takes a client it knows to the upstream and back", async () => {
    await using upstream = await openUpstream();
    await using scene = await openGateway(configOf([listenerTo(upstream.port)]));
    const client = await openClient(scene.port, ada);
    assert.equal(await exchange(client, "hello"), "hello");
  });
});
