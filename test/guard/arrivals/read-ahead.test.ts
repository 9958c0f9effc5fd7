import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import tls from "node:tls";
import { readAhead } from "../../../src/guard/arrivals/read-ahead.ts";
import { isProbe, tlsSocketOver } from "../../../src/guard/arrivals/tls-socket-over.ts";
import { closed } from "../support/closed.ts";
import { identity } from "../support/identities.ts";
import { openPair } from "../support/open-pair.ts";

describe("readAhead", () => {
  it("reads a socket before others do, until it is told to stop", async () => {
    const [client, accepted] = await openPair();
    const ahead: Buffer[] = [];
    const behind: Buffer[] = [];
    accepted.on("data", (bytes: Buffer) => behind.push(bytes));
    const stop = readAhead(accepted, (bytes) => {
      ahead.push(bytes);
      if (bytes.includes("three")) stop?.();
    });
    assert.ok(stop !== undefined, "this Node has no such parser: only the penalty for networks is left");
    // One looks like HTTP, to whose parser it is given.
    for (const text of ["\u0016\u0003\u0001one", "GET / HTTP/1.1\r\n\r\n", "two", "three"]) {
      client.write(text);
      while (!Buffer.concat(ahead).toString().endsWith(text)) await new Promise(setImmediate);
    }
    client.end("four");
    await once(accepted, "end");
    assert.equal(Buffer.concat(ahead).toString(), "\u0016\u0003\u0001oneGET / HTTP/1.1\r\n\r\ntwothree");
    assert.equal(Buffer.concat(behind).toString(), "four");
    accepted.destroy();
  });

  it("serves many sockets, one after the other and at once, and outlives those that close", async () => {
    for (let round = 0; round < 3; round++) {
      const pairs = await Promise.all(Array.from({ length: 100 }, openPair));
      const heard = pairs.map(([client, accepted], at) => {
        accepted.resume();
        return new Promise<string>((resolve) => {
          const stop = readAhead(accepted, (bytes) => {
            if (at % 3 === 0) stop?.();
            if (at % 3 === 1) accepted.destroy();
            resolve(String(bytes));
          });
          client.on("error", () => undefined).write(`hello ${at}`);
        });
      });
      assert.deepEqual(
        await Promise.all(heard),
        pairs.map((_, at) => `hello ${at}`),
      );
      for (const [client, accepted] of pairs) {
        client.destroy();
        accepted.destroy();
      }
    }
  });

  it("lets the end pass, and that a write was done", async () => {
    const [client, accepted] = await openPair();
    readAhead(accepted, () => undefined);
    const written = new Promise((resolve) => accepted.write(Buffer.alloc(32 * 1024 * 1024), resolve));
    client.resume();
    await written;
    accepted.resume();
    client.end();
    await once(accepted, "end");
    accepted.destroy();
  });
});

describe("tlsSocketOver", () => {
  it("says which TLS socket a server put over a transport, and leaves it as it was", async () => {
    const { key, cert } = await identity("localhost");
    const server = tls.createServer({ key, cert });
    const errors: unknown[] = [];
    const emit = server.emit.bind(server) as (event: string, ...args: unknown[]) => boolean;
    server.emit = (event: string, ...args: unknown[]) => {
      if (event === "tlsClientError" && isProbe(args[0], args[1] as tls.TLSSocket)) return true;
      return emit(event, ...args);
    };
    server.on("tlsClientError", (error, socket) => errors.push(error.message, socket));
    const [client, accepted] = await openPair();
    server.emit("connection", accepted);
    const socket = tlsSocketOver(accepted, 0);
    assert.ok(
      socket instanceof tls.TLSSocket,
      "this Node does not tell: only the penalty for networks is left",
    );
    assert.deepEqual(errors, []);
    client.on("error", () => undefined).end("GET / HTTP/1.1\r\n\r\n");
    await closed(socket);
    assert.equal(errors.length, 2);
    assert.equal(errors[1], socket);
  });
});
