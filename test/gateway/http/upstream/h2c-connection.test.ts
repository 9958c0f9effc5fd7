import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { describe, it } from "node:test";
import { exchangeRaw, finish, openHttpScene, openSession } from "../../support/http-scene.ts";
import { openH2cUpstream } from "../../support/http-upstream.ts";
import { openSilentProxy } from "../../support/silent-proxy.ts";
import { CONNECTION_TIMES } from "../../../../src/gateway/http/upstream/connection-times.ts";
import { standStill } from "../../../support/stand-still.ts";
import { FILE_PATIENCE_MS } from "../../../support/patience.ts";
import { beforeItRunsOut } from "../../../support/before-it-runs-out.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/** Whatever else is asked for is never answered. */
function answerRootAlone(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  if (headers[":path"] === "/") stream.respond({ ":status": 200 }, { endStream: true });
}

describe(
  "a connection to an upstream over h2c on which nothing comes any more",
  { concurrency: true },
  () => {
    it("is left for another one by the request after the first that ends unanswered", async () => {
      await using upstream = await openH2cUpstream((stream) =>
        stream.respond({ ":status": 200 }, { endStream: true }),
      );
      await using done = await beforeItRunsOut(400, async (attempt) => {
        const proxy = attempt.use(await openSilentProxy(upstream.port));
        const config = { idleTimeoutMs: attempt.forMs };
        const scene = attempt.use(await openHttpScene({ to: proxy.port, protocol: "h2c", config }));
        const ask = async (): Promise<string> => (await exchangeRaw(scene.port, GET)).slice(9, 12);
        const before = await ask();
        proxy.silence();
        const unanswered = await ask();
        const after = [await ask(), await ask(), await ask()];
        // The upstream was too late, which did answer.
        if ([before, ...after].includes("504")) attempt.runsOutAt(Date.now());
        return { proxy, statuses: [before, unanswered, ...after] };
      });
      assert.deepEqual(done.statuses, ["200", "504", "200", "200", "200"]);
      assert.equal(done.proxy.connections.length, 2);
    });

    it("is left for another one when a client gives up", async () => {
      await using upstream = await openH2cUpstream((stream) =>
        stream.respond({ ":status": 200 }, { endStream: true }),
      );
      await using proxy = await openSilentProxy(upstream.port);
      await using scene = await openHttpScene({ to: proxy.port, protocol: "h2c" });
      await using session = openSession(scene.port);
      assert.equal((await finish(session.request({ ":path": "/" }))).status, 200);
      proxy.silence();
      const given = session.request({ ":path": "/" });
      const over = finish(given);
      const [silent] = proxy.connections;
      assert.ok(silent);
      await once(silent, "data");
      given.close();
      await over;
      assert.equal((await finish(session.request({ ":path": "/" }))).status, 200);
      assert.equal(proxy.connections.length, 2);
    });

    it("is used again when it was only slow", async () => {
      await using upstream = await openH2cUpstream(answerRootAlone);
      await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
      await using session = openSession(scene.port);
      assert.equal((await finish(session.request({ ":path": "/" }))).status, 200);
      const slow = session.request({ ":path": "/slow" });
      const over = finish(slow);
      await once(upstream.server, "stream");
      slow.close();
      await over;
      // The answer to a ping is here before that to another request.
      for (let round = 0; round < 5; round += 1)
        assert.equal((await finish(session.request({ ":path": "/" }))).status, 200);
      assert.ok(upstream.connections.length <= 2, String(upstream.connections.length));
    });

    it("is used again when its answer to a ping came while this process stood still", async () => {
      await using upstream = await openH2cUpstream(answerRootAlone);
      await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
      await using session = openSession(scene.port);
      assert.equal((await finish(session.request({ ":path": "/" }))).status, 200);
      const slow = session.request({ ":path": "/slow" });
      const over = finish(slow);
      const [{ session: upstreams }] = (await once(upstream.server, "stream")) as [ServerHttp2Stream];
      const { promise: stoodStill, resolve } = Promise.withResolvers<void>();
      // Its acknowledgement is sent by then.
      upstreams?.once("ping", () =>
        setImmediate(() => {
          standStill(CONNECTION_TIMES.pingMs + 100);
          resolve();
        }),
      );
      slow.close();
      await Promise.all([over, stoodStill]);
      // A connection that was given up is, by then.
      await finish(session.request({ ":path": "/" }));
      assert.equal((await finish(session.request({ ":path": "/" }))).status, 200);
      assert.equal(upstreams?.destroyed, false);
    });

    it(
      "is noticed by itself: what may be repeated is, what may not is answered with 504",
      { timeout: FILE_PATIENCE_MS },
      async () => {
        await using upstream = await openH2cUpstream((stream) => {
          stream.resume();
          stream.respond({ ":status": 200 }, { endStream: true });
        });
        await using proxy = await openSilentProxy(upstream.port);
        await using scene = await openHttpScene({ to: proxy.port, protocol: "h2c" });
        await using session = openSession(scene.port);
        assert.equal((await finish(session.request({ ":path": "/" }))).status, 200);
        proxy.silence();
        const [get, put, post] = await Promise.all([
          finish(session.request({ ":path": "/" })),
          finish(session.request({ ":path": "/", ":method": "PUT" }).end("small")),
          finish(session.request({ ":path": "/", ":method": "POST" }).end("small")),
        ]);
        assert.deepEqual([get.status, put.status, post.status], [200, 200, 504]);
        assert.equal(proxy.connections.length, 2);
      },
    );

    it("is not taken for dead while its upstream thinks", { timeout: FILE_PATIENCE_MS }, async () => {
      await using upstream = await openH2cUpstream((stream) => {
        setTimeout(() => stream.respond({ ":status": 200 }, { endStream: true }), 9000);
      });
      await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
      await using session = openSession(scene.port);
      const long = { ":path": "/", ":method": "POST" };
      assert.equal((await finish(session.request(long).end("x"))).status, 200);
      assert.equal(upstream.connections.length, 1);
    });

    it("is not taken for dead when it takes no others any more", { timeout: FILE_PATIENCE_MS }, async () => {
      await using upstream = await openH2cUpstream((stream) => {
        stream.respond({ ":status": 200 });
        stream.write("slow");
        stream.session?.goaway(0, stream.id ?? 0);
        setTimeout(() => stream.end("ly"), 9000);
      });
      await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
      await using session = openSession(scene.port);
      assert.equal((await finish(session.request({ ":path": "/" }))).body, "slowly");
    });
  },
);
