import assert from "node:assert/strict";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { after, describe, it } from "node:test";
import tls from "node:tls";
import * as fc from "fast-check";
import { connect } from "../../../src/client/connection/connect.ts";
import { isHandclaspError } from "../../../src/errors.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { propertyRuns } from "../../support/property-runs.ts";
import { identity, listening, optionsFor, shownBy, showing } from "../support/listening.ts";

const DAMAGE = ["end", "destroy", "reset", "garbage", "another bit"] as const;
type Damage = (typeof DAMAGE)[number];

/** What comes from a server, up to a byte; then something happens to it. */
function damaging(port: number, at: number, damage: Damage): Server {
  return createServer((client) => {
    const server = createConnection(port, "127.0.0.1").on("error", () => undefined);
    client.on("error", () => undefined).on("close", () => server.destroy());
    server.on("close", () => client.end());
    client.pipe(server);
    let passed = 0;
    server.on("data", (chunk: Buffer) => {
      const place = at - passed;
      passed += chunk.length;
      if (place < 0 || place >= chunk.length) client.write(chunk);
      else harm(client, chunk, place, damage);
    });
  });
}

function harm(client: Socket, chunk: Buffer, place: number, damage: Damage): void {
  client.write(chunk.subarray(0, place));
  switch (damage) {
    case "end":
      client.end();
      break;
    case "destroy":
      client.destroy();
      break;
    case "reset":
      client.resetAndDestroy();
      break;
    case "garbage":
      client.write("this is no record of TLS at all");
      break;
    case "another bit": {
      const other = Buffer.from(chunk.subarray(place));
      other[0] = (other[0] ?? 0) ^ 1;
      client.write(other);
    }
  }
}

const crashes: unknown[] = [];
const onCrash = (error: unknown): void => void crashes.push(error);
process.on("uncaughtExceptionMonitor", onCrash);
after(() => process.off("uncaughtExceptionMonitor", onCrash));

describe("what a server says", { timeout: 3_600_000 }, () => {
  it("may be cut or damaged at any byte: connect fails with our error, or its socket ends", async () => {
    const own = await identity("server");
    const ada = await showing("ada");
    const server = tls.createServer({
      ...shownBy(own),
      requestCert: true,
      rejectUnauthorized: false,
    });
    server.on("secureConnection", (socket) => socket.on("error", () => undefined).end("hello"));
    const port = await listening(server);
    const meet = async (at: number, damage: Damage, maxVersion: tls.SecureVersion): Promise<void> => {
      const relay = damaging(port, at, damage);
      await using store = openMemoryStore();
      const options = optionsFor(store, await listening(relay), { ...ada, maxVersion, timeoutMs: 1000 });
      try {
        const socket = await connect(options);
        const { promise, resolve } = Promise.withResolvers<void>();
        socket.on("error", () => undefined).on("close", () => resolve());
        socket.resume().end("hello");
        await promise;
      } catch (error) {
        assert.ok(isHandclaspError(error), String(error));
      }
      relay.close();
      assert.deepEqual(crashes, []);
    };
    const versions = fc.constantFrom<tls.SecureVersion>("TLSv1.3", "TLSv1.2");
    await fc.assert(fc.asyncProperty(fc.nat({ max: 3000 }), fc.constantFrom(...DAMAGE), versions, meet), {
      numRuns: Math.ceil(propertyRuns(5000) / 50),
    });
    server.close();
  });
});
