import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:tls";
import { describe, it } from "node:test";
import { identity } from "../../guard/support/identities.ts";
import { connectOnce } from "../../guard/support/node-client.ts";
import { configOf, listenerTo, openGateway } from "../support/scene.ts";
import { exchange, openClient, openUpstream } from "../support/upstream.ts";

const ada = await identity("ada");

describe("a listener in mode tcp that says what its service speaks", () => {
  for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
    it(`selects the best protocol that the client offers, full and resumed, in ${version}`, async () => {
      await using upstream = await openUpstream();
      const listener = listenerTo(upstream.port, { alpn: ["postgresql", "x-old"] });
      await using scene = await openGateway(configOf([listener]));
      const options = { maxVersion: version, ALPNProtocols: ["x-old", "x-else", "postgresql"] };
      const client = await openClient(scene.port, ada, options);
      // In TLS 1.2 it came with the handshake.
      const ticket = version === "TLSv1.3" ? once(client, "session") : Promise.resolve([client.getSession()]);
      assert.equal(client.alpnProtocol, "postgresql");
      assert.equal(await exchange(client, "hello"), "hello");
      const [session] = (await ticket) as [Buffer];
      const again = await openClient(scene.port, ada, { ...options, session });
      assert.deepEqual([again.isSessionReused(), again.alpnProtocol], [true, "postgresql"]);
      again.destroy();
    });
  }

  it("refuses a client that offers only others, and takes one that offers none", async () => {
    await using upstream = await openUpstream();
    await using scene = await openGateway(configOf([listenerTo(upstream.port, { alpn: ["postgresql"] })]));
    const other = await connectOnce({ port: scene.port, identity: ada, ALPNProtocols: ["http/1.1"] });
    assert.equal(other.alert, 120);
    const plain = await openClient(scene.port, ada);
    assert.equal(plain.alpnProtocol, false);
    assert.equal(await exchange(plain, "hello"), "hello");
  });

  it("selects what a reload says from then on", async () => {
    await using upstream = await openUpstream();
    const listener = listenerTo(upstream.port, { alpn: ["postgresql"] });
    await using scene = await openGateway(configOf([listener]));
    await scene.gateway.reload(configOf([{ ...listener, alpn: ["x-new"] }]));
    const client = await openClient(scene.port, ada, { ALPNProtocols: ["postgresql", "x-new"] });
    assert.equal(client.alpnProtocol, "x-new");
    client.destroy();
  });

  it("selects none where nothing is said", async () => {
    await using upstream = await openUpstream();
    await using scene = await openGateway(configOf([listenerTo(upstream.port)]));
    const socket = connect({
      port: scene.port,
      host: "127.0.0.1",
      rejectUnauthorized: false,
      key: ada.key,
      cert: ada.cert,
      ALPNProtocols: ["postgresql"],
    });
    await once(socket, "secureConnect");
    assert.equal(socket.alpnProtocol, false);
    socket.destroy();
  });
});
