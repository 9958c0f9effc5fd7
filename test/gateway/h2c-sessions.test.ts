import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { describe, it } from "node:test";
import { H2cSessions } from "../../src/gateway/http/h2c-sessions.ts";
import { closed } from "../guard/support/closed.ts";
import { openH2cUpstream } from "./support/http-upstream.ts";

describe("connections to an upstream over h2c", () => {
  it("are given up before they run out of numbers for streams", async () => {
    await using upstream = await openH2cUpstream((stream) => {
      stream.respond({ ":status": 200 });
      stream.end();
    });
    const sessions = new H2cSessions(`http://127.0.0.1:${upstream.port}`, 1000);
    const ask = async (): Promise<void> => {
      const fields = { ":method": "GET", ":scheme": "http", ":authority": "a", ":path": "/" };
      const stream = sessions.request(sessions.pick(), fields, { endStream: true });
      await closed(stream.resume());
    };
    const first = sessions.pick();
    await once(first, "connect");
    await ask();
    assert.equal(sessions.pick(), first);
    // Not in Node's types.
    (first as typeof first & { setNextStreamID(id: number): void }).setNextStreamID(2 ** 30 + 1);
    await ask();
    assert.notEqual(sessions.pick(), first);
    sessions.close();
  });

  it("are broken off when the upstream does not end them in its turn", { timeout: 10_000 }, async () => {
    const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const sessions = new H2cSessions(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 200);
    const accepted = once(server, "connection") as Promise<[Socket]>;
    const session = sessions.pick();
    const [upstream] = await accepted;
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
  });
});

/** RFC 9113 §6.5. */
const EMPTY_SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
