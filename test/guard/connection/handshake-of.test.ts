import assert from "node:assert/strict";
import { constants } from "node:crypto";
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { connect } from "node:tls";
import { describe, it } from "node:test";
import { beforeItRunsOut } from "../../support/before-it-runs-out.ts";
import { identity } from "../support/identities.ts";
import { openScene } from "../support/scene.ts";

describe("guard on a server whose session store answers late", async () => {
  const client = await identity("client");

  it("knows the connection although another one's context is current, and cuts it on revocation", async () => {
    await using done = await beforeItRunsOut(1500, async (attempt) => {
      const scene = attempt.use(await openScene({ handshakeTimeoutMs: attempt.forMs }));
      const waiting: (() => void)[] = [];
      scene.server.on("newSession", (_id, _data, stored: () => void) => void waiting.push(stored));
      scene.server.on("connection", () => {
        for (const stored of waiting.splice(0)) stored();
      });
      scene.server.on("secureConnection", (each) => void each.on("error", () => undefined).resume());
      attempt.runsOutAt(Date.now() + attempt.forMs);
      const socket = connect({
        host: "127.0.0.1",
        port: scene.port,
        rejectUnauthorized: false,
        maxVersion: "TLSv1.2",
        key: client.key,
        cert: client.cert,
        secureOptions: constants.SSL_OP_NO_TICKET,
      });
      socket.on("error", () => undefined);
      const ended = once(socket, "close");
      const comesTo = async (isSo: () => boolean): Promise<void> => {
        while (!isSo()) {
          assert.ok(!socket.destroyed, "the handshake has ended");
          await new Promise((resolve) => setImmediate(resolve));
        }
      };
      await comesTo(() => waiting.length > 0);
      const passerBy = connectTcp(scene.port, "127.0.0.1");
      await once(passerBy, "connect");
      await comesTo(() => [...scene.guard.connections].some(({ peer }) => peer?.name === "client"));
      passerBy.destroy();
      return { scene, socket, ended };
    });
    const { scene, socket, ended } = done;
    // Whoever came later, and says nothing, is ended by that deadline: the former one's would have passed before.
    await once(connectTcp(scene.port, "127.0.0.1").resume(), "close");
    assert.equal(socket.destroyed, false, "its own handshake's deadline still ran");
    await scene.operator.revoke("client");
    await ended;
    while ([...scene.guard.connections].length > 0) await new Promise((resolve) => setImmediate(resolve));
  });
});
