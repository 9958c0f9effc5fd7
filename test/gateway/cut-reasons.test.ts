import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import type { TLSSocket } from "node:tls";
import { WebSocketServer } from "ws";
import type { ForwardingListener } from "../../src/gateway/config/config.ts";
import type { Cut } from "../../src/trust/happenings/connection-happening.ts";
import { CUT_REASONS, type CutReason } from "../../src/trust/happenings/cut-reason.ts";
import { until } from "../cli/support/serve.ts";
import { closed } from "../guard/support/closed.ts";
import { identity } from "../guard/support/identities.ts";
import { anna, connectRaw, openSession } from "./support/http-scene.ts";
import { openHttpUpstream, type Upstream } from "./support/http-upstream.ts";
import { configOf, type GatewayScene, greetingListener, listenerTo, openGateway } from "./support/scene.ts";
import { exchange, gone, openClient, openUpstream } from "./support/upstream.ts";
import { FILE_PATIENCE_MS } from "../support/patience.ts";
import { beforeItRunsOut } from "../support/before-it-runs-out.ts";

const [ada, next] = await Promise.all([identity("ada"), identity("next")]);

interface Way {
  readonly listener?: Partial<ForwardingListener>;
  /** What is done to a connection that is open; nothing where time does it. */
  readonly act?: (scene: GatewayScene, upstream: number) => Promise<unknown>;
}

const WAYS: Readonly<Record<CutReason, Way>> = {
  revoked: { act: ({ operator }) => operator.revoke("ada") },
  ignored: { act: ({ operator }) => operator.ignore("ada") },
  retired: { act: ({ operator }) => operator.import(next.facts, { name: "ada", onConflict: "replace" }) },
  "set-aside": { act: ({ operator }) => operator.setAside("ada") },
  forgotten: { act: ({ operator }) => operator.forget("ada") },
  "approval-ended": {
    act: ({ operator }) => operator.approve(ada.facts.pin, { expires: Date.now() - 1 }),
  },
  "not-allowed": {
    act: ({ gateway }, upstream) => gateway.reload(configOf([listenerTo(upstream, { allow: ["bob"] })])),
  },
  renamed: { act: ({ operator }) => operator.rename("ada", "grace") },
  "store-unavailable": {
    act({ store, operator }) {
      store.key = () => {
        throw new Error("the disk is gone");
      };
      return operator.note(ada.facts.pin, "to be looked at again");
    },
  },
  "too-old": { listener: { maxConnectionAgeMs: 20 } },
  idle: { listener: { idleTimeoutMs: 20 } },
  closed: { act: ({ gateway }) => gateway.close() },
};

describe("a connection that is cut", { timeout: FILE_PATIENCE_MS }, () => {
  for (const reason of CUT_REASONS) {
    it(`says why, once: ${reason}`, async () => {
      await using upstream = await openUpstream();
      await using scene = await openGateway(configOf([listenerTo(upstream.port, WAYS[reason].listener)]));
      const told: Cut[] = [];
      scene.happenings.subscribe(["cut"], (cut) => void told.push(cut));
      const [{ guard } = assert.fail()] = scene.opened;
      const client = await openClient(scene.port, ada);
      client.on("error", () => undefined);
      const over = gone(client);
      const { act } = WAYS[reason];
      if (act !== undefined) {
        await until(() => [...guard.connections].length === 1);
        await act(scene, upstream.port);
      }
      await over;
      const { reason: inRelayed } = await scene.event("relayed");
      const ofWhom = told.map(({ peer, connection, reason: why }) => [peer?.name, connection.listener, why]);
      assert.deepEqual([ofWhom, inRelayed], [[["ada", "main", reason]], reason]);
      const counted = Object.entries(guard.stats.cut).filter(([, count]) => count > 0);
      assert.deepEqual(counted, [[reason, 1]]);
    });
  }

  it("is none when its client ends it", async () => {
    await using upstream = await openUpstream();
    await using scene = await openGateway(configOf([listenerTo(upstream.port)]));
    scene.happenings.subscribe(["cut"], ({ reason }) => assert.fail(reason));
    assert.equal(await exchange(await openClient(scene.port, ada), "hello"), "hello");
    assert.equal((await scene.event("relayed")).reason, null);
  });
});

const GET = "GET /admin HTTP/1.1\r\nHost: localhost\r\n";
const KEY = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
/** What is asked for on a connection until something of it has come back. */
const BEGINNINGS = {
  "an answer": `${GET}\r\n`,
  "an upgraded connection": `${GET}Connection: Upgrade\r\nUpgrade: websocket\r\n${KEY}\r\n`,
} as const;

/** Answers without an end, by as much as nobody takes at once. */
function openEndless(): Promise<Upstream> {
  return openHttpUpstream(
    (_request, response) => {
      response.on("error", () => undefined);
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on("drain", more);
      more();
    },
    (server) => new WebSocketServer({ server }),
  );
}

function openHttpGateway({ port }: Upstream, over: Partial<ForwardingListener>): Promise<GatewayScene> {
  return openGateway(configOf([httpListener(port, over)]));
}

function httpListener(port: number, over: Partial<ForwardingListener>): ForwardingListener {
  const upstream = { kind: "tcp", address: { host: "127.0.0.1", port }, protocol: "http" } as const;
  return listenerTo(upstream, { mode: "http", ...over });
}

function cutsOf({ happenings }: GatewayScene): readonly string[] {
  const told: string[] = [];
  happenings.subscribe(["cut"], ({ reason }) => void told.push(reason));
  return told;
}

async function begin({ port }: GatewayScene, what: keyof typeof BEGINNINGS): Promise<TLSSocket> {
  const client = await connectRaw(port, anna);
  client.write(BEGINNINGS[what]);
  const over = closed(client).then(() => assert.fail("it was cut before that"));
  await Promise.race([once(client, "readable"), over]);
  return client;
}

function only(...allow: readonly string[]): Partial<ForwardingListener> {
  return { paths: [{ path: "/admin", allow }] };
}

describe("a connection that is cut in mode http", { timeout: FILE_PATIENCE_MS }, () => {
  for (const what of ["an answer", "an upgraded connection"] as const) {
    it(`says that its path is for others now: ${what}`, async () => {
      await using upstream = await openEndless();
      await using scene = await openHttpGateway(upstream, only("anna"));
      const told = cutsOf(scene);
      const client = await begin(scene, what);
      const over = closed(client.resume());
      await scene.gateway.reload(configOf([httpListener(upstream.port, only("bob"))]));
      await over;
      assert.deepEqual(told, ["not-allowed"]);
      assert.equal(scene.opened[0]?.guard.stats.cut["not-allowed"], 1);
    });

    it(`says that nothing passed for too long: ${what}`, async () => {
      await using upstream = await openEndless();
      await using done = await beforeItRunsOut(1000, async (attempt) => {
        const scene = attempt.use(await openHttpGateway(upstream, { idleTimeoutMs: attempt.forMs }));
        const told = cutsOf(scene);
        attempt.runsOutAt(Date.now() + attempt.forMs);
        // Reads nothing more.
        const client = await begin(scene, what);
        return { told, client };
      });
      const { told, client } = done;
      await until(() => told.length > 0);
      client.destroy();
      assert.deepEqual(told, ["idle"]);
    });
  }

  it("says that it was too old when it was upgraded, and so cannot be asked to end", async () => {
    await using upstream = await openEndless();
    await using done = await beforeItRunsOut(1000, async (attempt) => {
      const scene = attempt.use(await openHttpGateway(upstream, { maxConnectionAgeMs: attempt.forMs }));
      const told = cutsOf(scene);
      attempt.runsOutAt(Date.now() + attempt.forMs);
      const client = await begin(scene, "an upgraded connection");
      return { told, client };
    });
    const { told, client } = done;
    await closed(client.resume());
    assert.deepEqual(told, ["too-old"]);
  });

  it("is not cut for one of its streams", async () => {
    await using upstream = await openEndless();
    await using scene = await openHttpGateway(upstream, only("anna"));
    const told = cutsOf(scene);
    await using session = openSession(scene.port, anna);
    const stream = session.request({ ":path": "/admin" });
    const over = closed(stream);
    await once(stream, "data");
    await scene.gateway.reload(configOf([httpListener(upstream.port, only("bob"))]));
    await over;
    assert.deepEqual(told, []);
  });
});

describe("a connection that is cut in mode greet", () => {
  it("says that its client said nothing for two minutes, but not that it took its time to go", async () => {
    await using scene = await openGateway(configOf([greetingListener()]));
    const told = cutsOf(scene);
    const [{ guard } = assert.fail()] = scene.opened;
    const silent = await openClient(scene.port, ada);
    await until(() => [...guard.connections].length === 1);
    const [connection] = guard.connections;
    assert.equal(connection?.socket.timeout, 120_000);
    connection.socket.emit("timeout");
    await gone(silent);
    const answered = await openClient(scene.port, ada);
    answered.write("ada\n");
    await once(answered, "data");
    // It reads no end, and so does not go.
    answered.on("error", () => undefined).pause();
    await until(() => [...guard.connections].length === 0);
    assert.deepEqual(told, ["idle"]);
  });
});
