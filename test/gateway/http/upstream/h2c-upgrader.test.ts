import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import http2 from "node:http2";
import { describe, it } from "node:test";
import { WebSocket } from "ws";
import { closed } from "../../../guard/support/closed.ts";
import {
  clientOptions,
  exchangeRaw,
  finish,
  openHttpScene,
  openSession,
  connectRaw,
} from "../../support/http-scene.ts";
import { fieldBlock, FLAG, FRAME, frame, u32 } from "../../support/http2-frames.ts";
import { openH2cUpstream, openTcpUpstream, type Upstream } from "../../support/http-upstream.ts";
import { freePort } from "../../../support/free-port.ts";

/** Takes WebSockets at `/` and answers with what it gets; RFC 8441 has no masks to undo on the server's frames. */
function openEcho(enableConnectProtocol = true): Promise<Upstream> {
  return openH2cUpstream(
    (stream, headers) => {
      if (headers[":protocol"] !== "websocket" || headers[":path"] !== "/") {
        stream.respond({ ":status": 404 });
        stream.end("not here");
        return;
      }
      stream.respond({ ":status": 200, "x-peer": String(headers["handclasp-peer"]) });
      // A text frame with the fields that matter (RFC 6455 §5.2), then the end of a closing handshake.
      const text = Buffer.from(String(headers["sec-websocket-key"]));
      stream.write(Buffer.concat([Buffer.from([0x81, text.length]), text]));
      stream.on("data", () => stream.end(Buffer.from([0x88, 2, 0x03, 0xe8])));
    },
    { enableConnectProtocol },
  );
}

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const ASK = `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`;

describe("a WebSocket to an upstream over h2c", () => {
  it("comes from HTTP/1.1 by an extended CONNECT, with an answer to its key", async () => {
    await using upstream = await openEcho();
    await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
    for (let time = 0; time < 2; time++) {
      const socket = new WebSocket(`wss://localhost:${scene.port}/`, { ...(clientOptions() as object) });
      const answer = once(socket, "upgrade");
      const message = once(socket, "message");
      const [{ headers }] = (await answer) as [{ headers: Record<string, string> }];
      assert.equal(headers["x-peer"], "anna");
      assert.equal(String((await message)[0]), "undefined", "there is no key over HTTP/2");
      const over = once(socket, "close");
      socket.send("bye");
      const [code] = (await over) as [number];
      assert.equal(code, 1000);
    }
    assert.equal(upstream.connections.length, 1);
    const accept = createHash("sha1").update(`${KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    const raw = exchangeRaw(scene.port, `${ASK}\x81\x80\0\0\0\0`);
    assert.match(
      await raw,
      new RegExp(`^HTTP/1\\.1 101 .*Sec-WebSocket-Accept: ${accept.replaceAll("+", "\\+")}`, "s"),
    );
  });

  it("comes from HTTP/2 as it is", async () => {
    await using upstream = await openEcho();
    await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
    await using session = openSession(scene.port);
    await once(session, "remoteSettings");
    const fields = { ":method": "CONNECT", ":protocol": "websocket", ":scheme": "https", ":authority": "a" };
    const stream = session.request({ ...fields, ":path": "/" });
    const [headers] = (await once(stream, "response")) as [Record<string, unknown>];
    assert.equal(headers[":status"], 200);
    assert.equal(headers["x-peer"], "anna");
    assert.equal(headers["upgrade"], undefined);
    stream.write("x");
    stream.resume();
    stream.on("end", () => stream.end());
    await closed(stream);
    const declined = await finish(session.request({ ...fields, ":path": "/other" }, { endStream: false }));
    assert.equal(declined.status, 404);
    assert.equal(declined.body, "not here");
  });

  it("is declined without an end where the upstream's answer has none", async () => {
    const heard = Promise.withResolvers<void>();
    await using upstream = await openTcpUpstream((socket) => {
      const takesConnect = Buffer.from([0, 8, 0, 0, 0, 1]);
      socket.write(frame(FRAME.settings, 0, 0, takesConnect));
      socket.on("data", (chunk: Buffer) => {
        if (!chunk.includes("/ws")) return;
        socket.write(frame(FRAME.headers, FLAG.endHeaders, 1, fieldBlock([[":status", "403"]])));
        socket.write(frame(FRAME.data, 0, 1, Buffer.from("part")));
        const reset = frame(FRAME.reset, 0, 1, u32(http2.constants.NGHTTP2_CANCEL));
        void heard.promise.then(() => socket.write(reset));
      });
    });
    await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
    const client = await connectRaw(scene.port);
    let answer = "";
    client.setEncoding("latin1").on("data", (text: string) => {
      answer += text;
      if (answer.includes("part")) heard.resolve();
    });
    client.write(ASK.replace("/", "/ws"));
    await closed(client);
    assert.match(answer, / 403 [^]*\r\n\r\n4\r\npart\r\n$/);
  });

  it("is 501 where the upstream takes none, for other upgrades, and 502 where it is down", async () => {
    await using upstream = await openEcho(false);
    await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
    assert.match(await exchangeRaw(scene.port, ASK), /^HTTP\/1\.1 501 /);
    assert.match(await exchangeRaw(scene.port, ASK.replace("websocket", "echo")), /^HTTP\/1\.1 501 /);
    await using other = await openHttpScene({ to: await freePort(), protocol: "h2c" });
    assert.match(await exchangeRaw(other.port, ASK), /^HTTP\/1\.1 502 /);
  });

  it("is 502 when the upstream resets it without an error, 504 when the upstream does not even say what it takes", async () => {
    await using upstream = await openH2cUpstream((stream) => stream.close(0), {
      enableConnectProtocol: true,
    });
    await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
    assert.match(await exchangeRaw(scene.port, ASK), /^HTTP\/1\.1 502 /);
    await using silent = await openTcpUpstream((socket) => socket.resume());
    const config = { idleTimeoutMs: 300 };
    await using other = await openHttpScene({ to: silent.port, protocol: "h2c", config });
    for (let time = 0; time < 2; time++) assert.match(await exchangeRaw(other.port, ASK), /^HTTP\/1\.1 504 /);
  });

  it("has fields that are there twice, on a connection that is new or not", async () => {
    await using upstream = await openEcho();
    await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
    const twice = ASK.replace("Host: a", "Host: a\r\nReferer: b\r\nReferer: c");
    for (let time = 0; time < 2; time++) {
      assert.match(await exchangeRaw(scene.port, `${twice}\x81\x80\0\0\0\0`), /^HTTP\/1\.1 101 /);
    }
  });

  it("ends at the upstream when the client goes away", async () => {
    const gone = Promise.withResolvers<void>();
    await using upstream = await openH2cUpstream(
      (stream) => {
        stream.respond({ ":status": 200 });
        stream.on("close", () => gone.resolve());
        stream.on("end", () => stream.end());
        stream.resume();
      },
      { enableConnectProtocol: true },
    );
    await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
    const socket = new WebSocket(`wss://localhost:${scene.port}/`, { ...(clientOptions() as object) });
    await once(socket, "open");
    socket.on("error", () => undefined);
    socket.terminate();
    await gone.promise;
  });
});
