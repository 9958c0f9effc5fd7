import assert from "node:assert/strict";
import net, { type Socket } from "node:net";
import { describe, it } from "node:test";
import { NetworkPenalties } from "../../../src/guard/arrivals/network-penalties.ts";
import { ordinaryAuthority, costlyChain } from "../support/costly-chain.ts";
import { identity } from "../support/identities.ts";
import { connectOnce } from "../support/node-client.ts";
import { greet, openScene } from "../support/scene.ts";
import { stillClock } from "../support/still-clock.ts";

const CHAIN_BYTES = 50_000;

describe("a network", () => {
  it("is over when it sent too much in its handshakes, and others are not", () => {
    const penalties = new NetworkPenalties();
    let chains = 0;
    for (; !penalties.isOver("192.0.2.1", 0); chains++) penalties.charge("192.0.2.1", CHAIN_BYTES, 0);
    assert.ok(chains >= 3 && chains <= 6, `${chains} chains`);
    assert.equal(penalties.isOver("192.0.2.2", 0), false);
  });

  it("is forgiven with time, and may send one such chain in ten seconds at the most", () => {
    const penalties = new NetworkPenalties();
    let chains = 0;
    for (let second = 0; second < 3600; second++) {
      if (penalties.isOver("192.0.2.1", second * 1000)) continue;
      penalties.charge("192.0.2.1", CHAIN_BYTES, second * 1000);
      chains += 1;
    }
    assert.ok(chains > 300 && chains < 370, `${chains} chains an hour`);
    assert.equal(penalties.isOver("192.0.2.1", 3600 * 1000 + 60_000), false);
  });

  it("is never over for what ordinary clients send, however many they are", () => {
    const penalties = new NetworkPenalties();
    for (let client = 0; client < 10_000; client++) penalties.charge("192.0.2.1", 14_000, 0);
    assert.equal(penalties.isOver("192.0.2.1", 0), false);
  });

  it("is forgotten when 10 000 others were charged after it", () => {
    const penalties = new NetworkPenalties();
    const charge = (network: string): void => penalties.charge(network, 1_000_000, 0);
    charge("192.0.2.1");
    charge("192.0.2.2");
    charge("192.0.2.1");
    for (let at = 0; at < 9_999; at++) charge(`10.1.${at >> 8}.${at & 255}`);
    assert.deepEqual(
      ["192.0.2.1", "192.0.2.2"].map((network) => penalties.isOver(network, 0)),
      [true, false],
    );
  });
});

describe("a guarded server on a Node that lets no handshake be bounded", async () => {
  stillClock();
  const [known, mallory] = [await identity("known"), costlyChain(ordinaryAuthority(), 69)];

  it("listens no more to a network that sent too much in handshakes, but to those that are familiar", async () => {
    await using scene = await openScene({ policy: { firstUse: "refuse" } });
    // Takes away what tells which TLS socket runs over a transport.
    scene.server.on("connection", (socket: Socket) => {
      socket.removeAllListeners("error");
      socket.on("error", () => undefined);
    });
    greet(scene.server);
    await scene.operator.import(known.facts);
    const visit = (from: string, who = known): ReturnType<typeof connectOnce> =>
      connectOnce({
        port: scene.port,
        identity: who,
        socket: net.connect({ port: scene.port, host: "127.0.0.1", localAddress: from }),
      });
    assert.equal((await visit("127.0.0.1")).received, "hello");
    for (let chain = 0; chain < 10; chain++) await visit("127.0.0.2", mallory);
    assert.ok(scene.guard.stats.penalised > 0, JSON.stringify(scene.guard.stats));
    assert.ok(scene.guard.stats.refused >= 3);
    assert.equal((await visit("127.0.0.2")).received, "");
    assert.equal((await visit("127.0.0.1")).received, "hello");
    assert.equal((await visit("127.0.0.3")).received, "hello");
  });
});
