import assert from "node:assert/strict";
import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { Guest, type JoinScene, openJoinScene } from "./support/join-scene.ts";

/** Cuts each connection once the server has sent so many bytes over it. */
interface Cutter extends AsyncDisposable {
  readonly port: number;
  /** What the server sent over the first connection, all of it. */
  bytes: number;
  most: number;
}

async function openCutter(serverPort: number, most: number): Promise<Cutter> {
  const server = net.createServer((client) => {
    const upstream = net.connect(serverPort, "127.0.0.1");
    let left = cutter.most;
    client.pipe(upstream);
    upstream.on("data", (chunk: Buffer) => {
      cutter.bytes += chunk.length;
      if (left > 0) client.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left <= 0) client.resetAndDestroy();
    });
    client.on("error", () => undefined).on("close", () => upstream.destroy());
    upstream.on("error", () => undefined).on("close", () => client.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cutter: Cutter = {
    port: (server.address() as AddressInfo).port,
    bytes: 0,
    most,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
  return cutter;
}

/** How many bytes the server sends in the first connection of a join. */
async function bytesOfFirst(scene: JoinScene): Promise<number> {
  await using cutter = await openCutter(scene.port, Number.POSITIVE_INFINITY);
  await using guest = await Guest.called("anna");
  const token = await scene.invite({ peer: "measured", servers: [`127.0.0.1:${cutter.port}`] });
  await guest.join(token);
  return Math.ceil(cutter.bytes / 3);
}

describe("a join whose answer is lost", () => {
  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
    it(`succeeds when it is tried again with the same key, wherever it broke off, in ${maxVersion}`, async () => {
      await using scene = await openJoinScene({ server: { maxVersion } });
      const whole = await bytesOfFirst(scene);
      let usedAtOnce = 0;
      for (let step = 1; step <= 12; step++) {
        const most = Math.ceil((whole * step) / 12);
        await using cutter = await openCutter(scene.port, most);
        await using guest = await Guest.called(`guest-${step}`);
        const token = await scene.invite({ peer: `peer-${step}`, servers: [`127.0.0.1:${cutter.port}`] });
        await assert.rejects(guest.join(token));
        if (scene.trust.store.token(token.id)?.usedAt !== null) usedAtOnce++;
        cutter.most = Number.POSITIVE_INFINITY;
        await guest.join(token);
        assert.equal(scene.trust.store.token(token.id)?.usedBy, guest.own.facts.pin);
        assert.equal(scene.trust.store.key(guest.own.facts.pin)?.peer, `peer-${step}`);
      }
      assert.ok(usedAtOnce > 0, "no attempt got as far as the server's decision");
      assert.ok(usedAtOnce < 12, "no attempt broke off before that");
      const joined = (await scene.events()).filter(({ type }) => type === "joined");
      assert.equal(joined.length, 13);
    });
  }
});
