import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectTcp, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { describe, it } from "node:test";
import type { SecureVersion } from "node:tls";
import { connect, connectVerified, type ConnectOptions } from "../../../src/client/connection/connect.ts";
import { isHandclaspError } from "../../../src/errors.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { openScene } from "../../guard/support/scene.ts";
import {
  identity,
  listening,
  optionsFor,
  readAll,
  serve,
  showing,
  unreadable,
} from "../support/listening.ts";
import { keysIn } from "../../support/listed.ts";

const VERSIONS = ["TLSv1.3", "TLSv1.2"] satisfies SecureVersion[];

function isConnectError(error: unknown): boolean {
  return isHandclaspError(error, "ERR_HANDCLASP_CONNECT");
}

/** A TCP server that does with each connection what it is told. */
async function tcp(onSocket: (socket: Socket) => void): Promise<{ readonly port: number } & AsyncDisposable> {
  const open = new Set<Socket>();
  const server: Server = createTcpServer((socket) => {
    open.add(socket.on("error", () => undefined));
    onSocket(socket);
  });
  return {
    port: await listening(server),
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/** Lets through so many bytes of the server's, then closes. */
function cuttingAfter(most: number, port: number): Promise<{ readonly port: number } & AsyncDisposable> {
  return tcp((client) => {
    const upstream = connectTcp(port, "127.0.0.1");
    let left = most;
    client.on("close", () => upstream.destroy()).pipe(upstream);
    upstream.on("error", () => client.destroy()).on("close", () => client.end());
    upstream.on("data", (chunk: Buffer) => {
      client.write(chunk.subarray(0, left));
      left -= Math.min(left, chunk.length);
      if (left === 0) client.end();
    });
  });
}

describe("a connection that is to be verified", () => {
  for (const maxVersion of VERSIONS) {
    it(`fails, and leaves nothing behind, wherever the server hangs up during the handshake (${maxVersion})`, async () => {
      const own = await identity("server");
      await using server = await serve(own);
      const attempt = async (most: number): Promise<"done" | "failed"> => {
        await using relay = await cuttingAfter(most, server.port);
        await using store = openMemoryStore();
        const shown = await showing("ada");
        try {
          const socket = await connect(optionsFor(store, relay.port, { ...shown, maxVersion }));
          socket.on("error", () => undefined).destroy();
          assert.equal(store.key(own.facts.pin)?.state, "trusted");
          return "done";
        } catch (error) {
          assert.ok(isConnectError(error), `after ${most} bytes: ${String(error)}`);
          assert.deepEqual(await keysIn(store), [], `after ${most} bytes`);
          return "failed";
        }
      };
      const outcomes: string[] = [];
      for (const most of [1, 5, 6, 60, 100, 127, 128, 400, 700]) outcomes.push(await attempt(most));
      outcomes.push(await attempt(100_000));
      assert.equal(outcomes[0], "failed");
      assert.equal(outcomes.at(-1), "done");
      const firstDone = outcomes.indexOf("done");
      assert.ok(firstDone > 4, outcomes.join());
    });
  }

  for (const answer of [
    "",
    "HTTP/1.1 400 Bad Request\r\n\r\n",
    "\u0015\u0003\u0003\u0000\u0002\u0002\u0028",
  ]) {
    it(`fails when the server answers with ${JSON.stringify(answer)}`, async () => {
      await using server = await tcp((socket) => void socket.end(answer));
      await using store = openMemoryStore();
      await assert.rejects(connect(optionsFor(store, server.port)), (error) => {
        return answer.startsWith("\u0015")
          ? isHandclaspError(error, "ERR_HANDCLASP_REFUSED") && error.details["alert"] === "handshake_failure"
          : isConnectError(error);
      });
    });
  }

  it("gives up in time on a server that says nothing, or stops in the middle", async () => {
    await using real = await serve(await identity("server"));
    await using silent = await tcp((socket) => void socket.resume());
    await using stuck = await tcp((client) => {
      const upstream = connectTcp(real.port, "127.0.0.1");
      client.on("close", () => upstream.destroy()).pipe(upstream);
      upstream
        .on("error", () => undefined)
        .once("data", (chunk: Buffer) => client.write(chunk.subarray(0, 200)));
    });
    await using store = openMemoryStore();
    for (const { port } of [silent, stuck]) {
      const failed = connect(optionsFor(store, port, { timeoutMs: 200 }));
      await assert.rejects(failed, /no handshake within 0.2 seconds/);
    }
  });

  it("gives up in time on what it was to run over, and closes that when it comes late", async () => {
    await using store = openMemoryStore();
    const late = Promise.withResolvers<Duplex>();
    const failed = connect(optionsFor(store, 1, { timeoutMs: 50, openTransport: () => late.promise }));
    await assert.rejects(failed, isConnectError);
    const transport = new Duplex({ read: () => undefined });
    late.resolve(transport);
    await once(transport, "close");
  });

  it("fails with the reason when what it was to run over cannot be opened", async () => {
    await using store = openMemoryStore();
    const options = optionsFor(store, 1, {
      openTransport: () => Promise.reject(new Error("no way to the proxy")),
    });
    await assert.rejects(connect(options), (error) => {
      return isConnectError(error) && /no way to the proxy/.test(String(error));
    });
  });

  for (const timeoutMs of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    it(`takes no timeout of ${timeoutMs}`, async () => {
      await using store = openMemoryStore();
      const failed = connect(optionsFor(store, 1, { timeoutMs }));
      await assert.rejects(failed, (error) => isHandclaspError(error, "ERR_HANDCLASP_OPTION"));
    });
  }

  for (const ca of ["", "\n", "no certificate"]) {
    it(`takes no CAs in which there are none: ${JSON.stringify(ca)}`, async () => {
      await using store = openMemoryStore();
      const failed = connect(optionsFor(store, 1, { ca }));
      await assert.rejects(failed, (error) => isHandclaspError(error, "ERR_HANDCLASP_OPTION"));
    });
  }

  it("leaves the socket to its user once it is done, whatever the signal says then", async () => {
    await using server = await serve(await identity("server"), 0, { quiet: true });
    await using store = openMemoryStore();
    const abort = new AbortController();
    const socket = await connect(optionsFor(store, server.port, { signal: abort.signal }));
    abort.abort();
    await new Promise((resolve) => socket.write("still here", resolve));
    assert.equal(socket.destroyed, false);
    socket.destroy();
  });

  it("ends with the signal's reason: at once, while it connects, shakes hands, or asks", async () => {
    await using silent = await tcp((socket) => void socket.resume());
    await using server = await serve(await identity("server"));
    await using store = openMemoryStore();
    const reason = new Error("never mind");
    const aborted = async (
      port: number,
      more: (abort: () => void) => Partial<ConnectOptions>,
      isAtOnce = false,
    ): Promise<void> => {
      const controller = new AbortController();
      const abort = (): void => controller.abort(reason);
      if (isAtOnce) abort();
      const { signal } = controller;
      const failed = connect(optionsFor(store, port, { signal, ...more(abort) }));
      await assert.rejects(failed, (error) => error === reason);
    };
    await aborted(silent.port, () => ({}), true);
    await aborted(silent.port, (abort) => {
      setImmediate(abort);
      return {};
    });
    await aborted(silent.port, (abort) => ({
      openTransport: () => {
        setImmediate(abort);
        return new Promise(() => undefined);
      },
    }));
    await aborted(server.port, (abort) => ({
      verifyServer: "ask",
      ask: () => {
        setImmediate(abort);
        return new Promise(() => undefined);
      },
    }));
    assert.deepEqual(
      (await keysIn(store)).map(({ state }) => state),
      ["pending"],
    );
  });

  for (const maxVersion of VERSIONS) {
    it(`tells whom it is with before the server's own verdict, and names that (${maxVersion})`, async () => {
      await using scene = await openScene({ policy: { firstUse: "ask" }, server: {} });
      await using store = openMemoryStore();
      const told: string[] = [];
      const options = optionsFor(store, scene.port, {
        ...(await showing("ada")),
        maxVersion,
        onServer: ({ address, facts }) => told.push(address, facts.pin),
      });
      const refused = connectVerified(options).then(({ socket }) => readAll(socket));
      await assert.rejects(refused, (error) => {
        assert.ok(isHandclaspError(error, "ERR_HANDCLASP_REFUSED"), String(error));
        assert.equal(error.details["alert"], "access_denied");
        return true;
      });
      assert.equal(told.length, 2);
      assert.equal(told[0], `127.0.0.1:${scene.port}`);
      assert.match(told[1] ?? "", /^sha256:/);
    });

    it(`tells nothing of a server that it refuses (${maxVersion})`, async () => {
      await using scene = await openScene({ policy: { firstUse: "refuse" } });
      await using store = openMemoryStore();
      const refused = connect(
        optionsFor(store, scene.port, {
          ...(await showing("ada")),
          maxVersion,
          verifyServer: "refuse",
          onServer: () => assert.fail("told"),
        }),
      );
      await assert.rejects(refused, (error) => isHandclaspError(error, "ERR_HANDCLASP_REFUSED"));
    });
  }

  for (const maxVersion of VERSIONS) {
    it(`is refused by us when the server's certificate cannot be read (${maxVersion})`, async () => {
      await using server = await serve(await identity("server"), 0, unreadable());
      await using store = openMemoryStore();
      const refused = connect(optionsFor(store, server.port, { maxVersion }));
      await assert.rejects(refused, (error) => {
        assert.ok(isHandclaspError(error, "ERR_HANDCLASP_REFUSED"), String(error));
        assert.equal(error.details["reason"], "malformed-certificate");
        return true;
      });
    });
  }

  it("ends with the alert of a server whose certificate cannot be read, and is closed", async () => {
    await using scene = await openScene({ policy: { firstUse: "refuse" }, server: unreadable() });
    await using store = openMemoryStore();
    let transport: Socket | undefined;
    const refused = connectVerified(
      optionsFor(store, scene.port, {
        ...(await showing("ada")),
        maxVersion: "TLSv1.2",
        onServer: () => assert.fail("told"),
        openTransport: ({ port }) => Promise.resolve((transport = connectTcp(port, "127.0.0.1"))),
      }),
    );
    await assert.rejects(refused, (error) => {
      assert.ok(isHandclaspError(error, "ERR_HANDCLASP_REFUSED"), String(error));
      assert.equal(error.details["alert"], "unknown_ca");
      return true;
    });
    if (transport?.closed === false) await once(transport, "close");
  });

  it("ends with the alert by our name for it when that comes late", async () => {
    await using scene = await openScene({ policy: { firstUse: "refuse" } });
    await using store = openMemoryStore();
    const socket = await connect(optionsFor(store, scene.port, await showing("ada")));
    const [error] = (await once(socket, "close").catch((reason: unknown) => [reason])) as [unknown];
    assert.ok(isHandclaspError(error, "ERR_HANDCLASP_REFUSED"));
    assert.equal(error.message, "refused by the server: unknown_ca (alert 48)");
    assert.equal(socket.destroyed, true);
    assert.equal(socket.errored, error);
  });
});
