import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { identity } from "../../guard/support/identities.ts";
import { largeIdentity } from "./certificates.ts";
import { ask, fieldOf, openWebSocket, ProxyClient } from "./proxy-client.ts";
import { ProxyScene } from "./proxy-scene.ts";
import { until } from "./until.ts";
import type { Scenario } from "./scenario.ts";

/** What is carried, and what happens when nobody can be asked. */
export const SCENARIOS_OF_CARRYING: readonly Scenario[] = [
  {
    name: "body-and-target",
    title: "passes method, target and body on as they came",
    async play(scene) {
      const client = await scene.known("clerk");
      const path = "/a%2Fb/c%20d?x=%2F&y=1";
      const answer = await ask(scene.port, client, { method: "POST", path, body: "b".repeat(100_000) });
      assert.equal(answer.app?.method, "POST");
      assert.equal(answer.app?.url, path);
      assert.equal(answer.app?.body.length, 100_000);
    },
  },
  {
    name: "large-certificate",
    title: "has a certificate of 24 kB judged",
    async play(scene) {
      const large = await largeIdentity("large", 24_000);
      assert.ok(large.facts.der.length > 24_000);
      assert.equal((await ask(scene.port, large)).status, 403);
      await scene.refused("pending", large.facts.pin);
      await scene.approve("large");
      const answer = await ask(scene.port, large);
      assert.deepEqual(fieldOf(answer, "Handclasp-Peer"), ["large"], answer.text);
    },
  },
  {
    name: "websocket",
    title: "lets WebSockets through for whom it knows, and no others",
    async play(scene) {
      const webSocket = openWebSocket(scene.port, await scene.known("talker"));
      const closed = once(webSocket, "close");
      const [fields] = (await once(webSocket, "message")) as [Buffer];
      assert.match(String(fields), /\["Handclasp-Peer","talker"\]/i);
      const refused = openWebSocket(scene.port, await identity("stranger"));
      const [, { statusCode }] = (await once(refused, "unexpected-response")) as [unknown, IncomingMessage];
      assert.equal(statusCode, 403);
      refused.on("error", () => undefined).terminate();

      await scene.run("trust", "revoke", "talker", "--yes");
      if (scene.proxy.webSocketOfRevoked === "is cut") {
        await closed;
      } else {
        webSocket.send("still here");
        const [said] = (await once(webSocket, "message")) as [Buffer];
        assert.equal(String(said), "still here");
        webSocket.terminate();
      }
    },
  },
  {
    name: "authorizer-gone",
    title: "lets nobody in while the authorizer is gone, and everybody again once it is back",
    async play(scene) {
      using client = new ProxyClient(scene.port, await scene.known("patient"));
      assert.equal((await client.ask()).status, 200);
      const before = scene.application.seen.length;
      await scene.stopAuthorizer();
      assert.equal((await client.ask()).status, 503);
      assert.equal((await ask(scene.port)).status, 503);
      assert.equal(scene.application.seen.length, before);
      await scene.startAuthorizer();
      await until(async () => (await client.ask()).status === 200, "it lets in again");
    },
  },
  {
    name: "authorizer-hangs",
    title: "lets nobody in while the authorizer hangs",
    async play({ proxy }) {
      await using scene = await ProxyScene.openHasty(proxy);
      using client = new ProxyClient(scene.port, await scene.known("waiter"));
      await until(async () => (await client.ask()).status === 200, "it lets in");
      scene.authorizer.signal("SIGSTOP");
      try {
        await scene.heard(async () => (await client.ask()).status === 503);
        const before = scene.application.seen.length;
        assert.equal((await client.ask()).status, 503);
        assert.equal(scene.application.seen.length, before);
      } finally {
        scene.authorizer.signal("SIGCONT");
      }
      await until(async () => (await client.ask()).status === 200, "it lets in again");
    },
  },
];
