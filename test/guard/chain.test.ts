import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { peerOf } from "../../src/guard/connection/peer-of.ts";
import { identity } from "./support/identities.ts";
import { connectOnce } from "./support/node-client.ts";
import { openScene } from "./support/scene.ts";

describe("a client that sends a trusted stranger's certificate behind its own", async () => {
  const [mallory, ada] = await Promise.all([identity("mallory"), identity("ada")]);

  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
    it(`is judged by its own, in ${maxVersion}`, async () => {
      await using scene = await openScene({ policy: { firstUse: "refuse" } });
      await scene.operator.import(ada.facts);
      scene.server.on("secureConnection", (socket) => socket.end(`${peerOf(socket)?.name}`));
      const chain = { key: mallory.key, cert: `${mallory.cert}\n${ada.cert}`, facts: mallory.facts };
      const outcome = await connectOnce({ port: scene.port, identity: chain, maxVersion });
      assert.deepEqual([outcome.alert, outcome.received], [48, ""]);
      const owner = await connectOnce({ port: scene.port, identity: ada, maxVersion });
      assert.equal(owner.received, "ada");
    });
  }

  it("is known by its own, too", async () => {
    await using scene = await openScene();
    scene.server.on("secureConnection", (socket) => {
      const peer = peerOf(socket);
      socket.end(`${peer?.name} ${peer?.pin}`);
    });
    const chain = { key: mallory.key, cert: `${mallory.cert}\n${ada.cert}`, facts: mallory.facts };
    const outcome = await connectOnce({ port: scene.port, identity: chain });
    assert.equal(outcome.received, `mallory ${mallory.facts.pin}`);
  });
});
