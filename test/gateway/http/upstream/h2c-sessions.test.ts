import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerHttp2Session } from "node:http2";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { describe, it } from "node:test";
import { CONNECTION_TIMES } from "../../../../src/gateway/http/upstream/connection-times.ts";
import type { H2cConnection } from "../../../../src/gateway/http/upstream/h2c-connection.ts";
import { H2cSessions } from "../../../../src/gateway/http/upstream/h2c-sessions.ts";
import { closed } from "../../../guard/support/closed.ts";
import { openH2cUpstream } from "../../support/http-upstream.ts";
import { FILE_PATIENCE_MS, PATIENCE_MS } from "../../../support/patience.ts";
import { beforeItRunsOut } from "../../../support/before-it-runs-out.ts";

function sessionsTo(port: number, connectTimeoutMs = PATIENCE_MS, times = CONNECTION_TIMES): H2cSessions {
  const to = { kind: "tcp", address: { host: "127.0.0.1", port }, protocol: "h2c" } as const;
  return new H2cSessions({ to, connectTimeoutMs, connectRetryMs: 0, times });
}

function acquire(sessions: H2cSessions): Promise<H2cConnection> {
  return new Promise((resolve, reject) => {
    sessions.acquire((error, connection) => (connection === undefined ? reject(error) : resolve(connection)));
  });
}

async function ask(connection: H2cConnection): Promise<void> {
  const fields = { ":method": "GET", ":scheme": "http", ":authority": "a", ":path": "/" };
  await closed(connection.request(fields, { endStream: true }).resume());
}

describe("connections to an upstream over h2c", () => {
  it("are given up before they run out of numbers for streams", async () => {
    await using upstream = await openH2cUpstream((stream) => {
      stream.respond({ ":status": 200 });
      stream.end();
    });
    const sessions = sessionsTo(upstream.port);
    const first = await acquire(sessions);
    await ask(first);
    assert.equal(await acquire(sessions), first);
    // Not in Node's types.
    (first.session as typeof first.session & { setNextStreamID(id: number): void }).setNextStreamID(
      2 ** 30 + 1,
    );
    await ask(first);
    assert.notEqual(await acquire(sessions), first);
    sessions.close();
  });

  it("are one for all requests that come while it is made", async () => {
    await using upstream = await openH2cUpstream(() => undefined);
    const sessions = sessionsTo(upstream.port);
    const connections = await Promise.all(Array.from({ length: 10 }, () => acquire(sessions)));
    assert.equal(new Set(connections).size, 1);
    sessions.close();
  });

  it("are told that nothing may be pushed", async () => {
    await using upstream = await openH2cUpstream((stream) => {
      assert.equal(stream.pushAllowed, false);
      stream.respond({ ":status": 200 }, { endStream: true });
    });
    const sessions = sessionsTo(upstream.port);
    const greeted = once(upstream.server, "session") as Promise<[ServerHttp2Session]>;
    await ask(await acquire(sessions));
    const [{ remoteSettings }] = await greeted;
    assert.equal(remoteSettings.enablePush, false);
    sessions.close();
  });

  it("begin anew after a time, when the upstream may be somewhere else, and end when they are idle", async () => {
    await using upstream = await openH2cUpstream((stream) =>
      stream.respond({ ":status": 200 }, { endStream: true }),
    );
    const old = sessionsTo(upstream.port, PATIENCE_MS, { ...CONNECTION_TIMES, mostAgeMs: 50 });
    const first = await acquire(old);
    await ask(first);
    const over = closed(first.session);
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.notEqual(await acquire(old), first);
    await over;
    old.close();
    const idle = sessionsTo(upstream.port, PATIENCE_MS, { ...CONNECTION_TIMES, sessionIdleMs: 50 });
    await closed((await acquire(idle)).session);
  });

  it(
    "are broken off when the upstream does not end them in its turn",
    { timeout: FILE_PATIENCE_MS },
    async () => {
      const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      await using done = await beforeItRunsOut(200, async (attempt) => {
        // It has as long to be connected.
        const tried = sessionsTo(port, attempt.forMs);
        const accepted = once(server, "connection") as Promise<[Socket]>;
        attempt.runsOutAt(Date.now() + attempt.forMs);
        const { session: made } = await acquire(tried);
        return { sessions: tried, session: made, upstream: (await accepted)[0] };
      });
      const { sessions, session, upstream } = done;
      upstream.on("error", () => undefined).resume();
      upstream.write(EMPTY_SETTINGS);
      await once(session, "remoteSettings");
      sessions.close();
      await once(upstream, "end");
      // Somebody who is still there takes it; somebody who is gone answers with a reset.
      const saying = setInterval(() => upstream.write(EMPTY_SETTINGS), 20);
      await closed(upstream);
      clearInterval(saying);
      server.close();
    },
  );
});

/** RFC 9113 §6.5. */
const EMPTY_SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
