import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { finish, openHttpScene, openSession } from "../../support/http-scene.ts";
import { openHttpUpstream } from "../../support/http-upstream.ts";
import { warned } from "../../support/warned.ts";

/** More than Node takes for a leak. */
const MANY = 20;

describe("a client's connection over HTTP/2", () => {
  for (const [how, leave] of [
    ["breaks off", (session: ReturnType<typeof openSession>) => session.socket.destroy()],
    ["resets them all", (session: ReturnType<typeof openSession>) => session.destroy()],
  ] as const) {
    it(`has no listeners for each of its streams when it ${how}`, async () => {
      const warnings = warned();
      let requests = 0;
      const asked = Promise.withResolvers<void>();
      await using upstream = await openHttpUpstream(() => {
        requests += 1;
        if (requests === MANY) asked.resolve();
      });
      await using scene = await openHttpScene({ to: upstream.port, guard: { allowHalfOpen: true } });
      await using session = openSession(scene.port);
      for (let count = 0; count < MANY; count++)
        session.request({ ":path": "/" }).on("error", () => undefined);
      await asked.promise;
      const [connection] = scene.guard.connections;
      assert.ok(connection);
      const over = once(connection.socket, "close");
      leave(session);
      await over;
      assert.deepEqual(await warnings(), []);
    });
  }

  it("has no listeners left of streams that broke the rules", async () => {
    const warnings = warned();
    await using upstream = await openHttpUpstream((request, response) => request.pipe(response));
    await using scene = await openHttpScene({ to: upstream.port });
    await using session = openSession(scene.port);
    for (let count = 0; count < MANY; count++) {
      const broken = session.request({ ":path": "/", ":method": "POST", "content-length": 1 });
      assert.notEqual((await finish(broken.end("more than one byte"))).resetCode, 0);
      assert.equal((await finish(session.request({ ":path": "/" }))).status, 200);
    }
    assert.deepEqual(await warnings(), []);
  });
});
