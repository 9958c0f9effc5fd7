import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import tls from "node:tls";
import type { RefusedMessage } from "../../../src/guard/channels.ts";
import { observe } from "../../../src/guard/observe.ts";
import {
  binaryCurveAuthority,
  costlyChain,
  longExponentAuthority,
  ordinaryAuthority,
} from "../support/costly-chain.ts";
import { identity, type TestIdentity } from "../support/identities.ts";
import { connectOnce, type Outcome } from "../support/node-client.ts";
import { greet, openScene, type Scene, type SceneOptions } from "../support/scene.ts";

const BAD_CERTIFICATE = 42;

describe("a stranger's chain of costly signatures", async () => {
  const known = await identity("known");
  const chains: Readonly<Record<string, TestIdentity>> = {
    "97 CAs on sect571r1": costlyChain(binaryCurveAuthority(), 97),
    "69 CAs of RSA-3072 with a long exponent": costlyChain(longExponentAuthority(), 69),
  };
  const [, longExponents = assert.fail()] = Object.values(chains);

  for (const [name, mallory] of Object.entries(chains)) {
    for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
      it(`is refused before it is verified: ${name}, ${maxVersion}`, async () => {
        const unguarded = await openUnguarded();
        await using scene = await openScene({ policy: { firstUse: "refuse" } });
        await scene.operator.import(known.facts);
        greet(scene.server);
        using seen = refusals(scene);
        const outcomes: Outcome[] = [];
        const guarded = await cpuOf(async () => {
          for (let attack = 0; attack < 4; attack++) {
            outcomes.push(await connectOnce({ port: scene.port, identity: mallory, maxVersion }));
          }
        });
        const bare = await cpuOf(() =>
          connectOnce({ port: portOf(unguarded), identity: mallory, maxVersion }),
        );
        unguarded.close();
        assert.deepEqual(
          outcomes.map(({ alert, received }) => [alert, received]),
          Array.from({ length: 4 }, () => [BAD_CERTIFICATE, ""]),
        );
        assert(guarded < bare, `four took ${guarded} µs, one that is verified ${bare}`);
        assert.equal(scene.guard.stats.refused, 4);
        assert.deepEqual(
          seen.told,
          Array.from({ length: 4 }, () => "malformed-certificate 127.0.0.1"),
        );
        const served = await connectOnce({ port: scene.port, identity: known, maxVersion });
        assert.equal(served.received, "hello");
      });
    }
  }

  const ways: Readonly<Record<string, SceneOptions>> = {
    "an https server": { kind: "https" },
    "an http2 server": { kind: "http2" },
    "a tapped server": { prepare: (server) => void observe(server, () => undefined) },
    "a server without alerts": { alerts: false },
  };
  for (const [name, options] of Object.entries(ways)) {
    for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
      it(`is refused by ${name}, ${maxVersion}`, async () => {
        await using scene = await openScene(options);
        if (name.startsWith("a ")) greet(scene.server);
        else scene.server.on("request", (_request, response) => response.end("hello"));
        const { alert } = await connectOnce({ port: scene.port, identity: longExponents, maxVersion });
        assert.equal(alert, options.alerts === false ? null : BAD_CERTIFICATE);
        assert.equal(scene.guard.stats.refused, 1);
        const eager = name.startsWith("a ") ? "" : "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        const served = await connectOnce({ port: scene.port, identity: known, maxVersion, eager });
        assert.match(served.received, /hello$/);
      });
    }
  }

  it("is refused on a server that is tapped after it was guarded", async () => {
    await using scene = await openScene();
    observe(scene.server, () => undefined);
    greet(scene.server);
    const { alert } = await connectOnce({ port: scene.port, identity: longExponents });
    assert.deepEqual([alert, scene.guard.stats.refused], [BAD_CERTIFICATE, 1]);
    assert.equal((await connectOnce({ port: scene.port, identity: known })).received, "hello");
  });

  it("is refused though it would be short when compressed, which is how it is not sent", async () => {
    const certificateCompression = ["zlib"] as const;
    const signature = Buffer.alloc(384, 7);
    const twenty = costlyChain({ ...longExponentAuthority(), signature }, 20);
    const three = costlyChain(ordinaryAuthority(), 3);
    await using scene = await openScene({ server: { certificateCompression } });
    greet(scene.server);
    const options = { port: scene.port, certificateCompression };
    const { alert } = await connectOnce({ ...options, identity: twenty });
    assert.deepEqual([alert, scene.guard.stats.refused], [BAD_CERTIFICATE, 1]);
    assert.equal((await connectOnce({ ...options, identity: three })).received, "hello");
  });

  it("is refused on a stream that is no socket", async () => {
    await using scene = await openScene();
    const front = net.createServer((socket) => {
      scene.server.emit("connection", new PassThrough().compose(socket));
    });
    front.listen(0, "127.0.0.1");
    await once(front, "listening");
    const outcome = await connectOnce({ port: portOf(front), identity: longExponents });
    front.close();
    assert.deepEqual([outcome.alert, scene.guard.stats.refused], [BAD_CERTIFICATE, 1]);
  });
});

/** What is told of refused clients, and where they come from. */
function refusals({ server }: Scene): Disposable & { readonly told: readonly string[] } {
  const told: string[] = [];
  const listener = (message: unknown): void => {
    const { server: of, reason, remoteAddress } = message as RefusedMessage;
    if (of === server) told.push(`${reason} ${remoteAddress}`);
  };
  subscribe("handclasp:refused", listener);
  return { told, [Symbol.dispose]: () => unsubscribe("handclasp:refused", listener) };
}

async function openUnguarded(): Promise<tls.Server> {
  const { key, cert } = await identity("localhost");
  const server = tls.createServer({ key, cert, requestCert: true, rejectUnauthorized: false });
  greet(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function portOf(server: net.Server): number {
  return (server.address() as AddressInfo).port;
}

/** Microseconds of this process, client and all. */
async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
