import assert from "node:assert/strict";
import { once } from "node:events";
import net, { type AddressInfo, type Socket } from "node:net";
import { describe, it } from "node:test";
import tls, { type TLSSocket } from "node:tls";
import { KnownServers } from "../../../src/client/servers/known-servers.ts";
import { forwardConnection } from "../../../src/cli/forward/connection.ts";
import type { ForwardLog } from "../../../src/cli/forward/log.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { closed } from "../../guard/support/closed.ts";
import { FILE_PATIENCE_MS } from "../../support/patience.ts";
import { identity } from "../../guard/support/identities.ts";

const own = await identity("server");
/** More bytes than the kernel keeps. */
const LAST = 12 * 1024 * 1024;
const QUIET = { failed: () => undefined, succeeded: () => undefined } as unknown as ForwardLog;

/** A local program's connection, and what the server gets of it. */
interface Forwarded extends AsyncDisposable {
  readonly local: Socket;
  readonly remote: TLSSocket;
}

async function openForwarded(): Promise<Forwarded> {
  const server = tls
    .createServer({ key: own.key, cert: own.cert, allowHalfOpen: true })
    .listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const store = openMemoryStore();
  const knownServers = new KnownServers(store, { now: Date.now, process: "test" });
  const options = { host: "127.0.0.1", port, knownServers };
  const forward = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    void forwardConnection(socket, { options, log: QUIET });
  });
  forward.listen(0, "127.0.0.1");
  await once(forward, "listening");
  const accepted = once(server, "secureConnection") as Promise<[TLSSocket]>;
  const { port: localPort } = forward.address() as AddressInfo;
  const local = net.connect({ port: localPort, host: "127.0.0.1", allowHalfOpen: true });
  local.on("error", () => undefined);
  const [remote] = await accepted;
  return {
    local,
    remote,
    async [Symbol.asyncDispose]() {
      local.destroy();
      remote.destroy();
      forward.close();
      server.close();
      await store[Symbol.asyncDispose]();
    },
  };
}

describe("a connection that forward takes to a server", { timeout: FILE_PATIENCE_MS }, () => {
  it("brings all that was said to a server that reads late, though its program has gone", async () => {
    await using forwarded = await openForwarded();
    const { local, remote } = forwarded;
    const most = 16 * 1024 * 1024;
    remote.end("that is all");
    local.resume();
    await once(local, "end");
    const gone = closed(local);
    local.end(Buffer.alloc(most));
    let came = 0;
    const over = once(remote, "end");
    remote.on("data", (chunk: Buffer) => {
      came += chunk.length;
      if (came < most - LAST) return;
      // Slowly, so that what TLS has still to write is there when the program goes.
      remote.pause();
      setTimeout(() => remote.resume(), 1);
    });
    await gone;
    await over;
    assert.equal(came, most);
  });

  it("breaks off at the server when its program breaks off, whatever is on its way", async () => {
    for (let round = 0; round < 5; round += 1) {
      await using forwarded = await openForwarded();
      const { local, remote } = forwarded;
      const outcome = new Promise<unknown>((resolve) => {
        remote.once("end", () => resolve("end"));
        remote.once("error", (error: Error & { code?: string }) => resolve(error.code));
      });
      // The server reads nothing at first: TLS has to keep what it is to write.
      local.write(Buffer.alloc(16 * 1024 * 1024));
      await new Promise((resolve) => setTimeout(resolve, round * 40));
      local.resetAndDestroy();
      await new Promise((resolve) => setTimeout(resolve, 20));
      remote.resume();
      assert.equal(await outcome, "ECONNRESET");
    }
  });
});
