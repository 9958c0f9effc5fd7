import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import http from "node:http";
import http2 from "node:http2";
import type net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { acceptOf } from "../../src/gateway/http/exchange/upgrade.ts";
import { connectRaw, exchangeRaw, finish, openHttpScene, openSession } from "./support/http-scene.ts";

/** A folder for a socket, removed with all in it. */
async function openFolder(): Promise<{ readonly socket: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "handclasp-http-unix-"));
  return {
    socket: join(folder, "app.sock"),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

async function listen(server: net.Server, path: string): Promise<AsyncDisposable> {
  server.listen(path);
  await once(server, "listening");
  const sockets = new Set<net.Socket>();
  server.on("connection", (socket: net.Socket) => void sockets.add(socket));
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      const over = once(server, "close");
      server.close();
      await over;
    },
  };
}

const CLOSE = "Host: app.example:8443\r\nConnection: close\r\n";
const CHUNKED = `POST /up HTTP/1.1\r\n${CLOSE}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`;

function echo(request: http.IncomingMessage | http2.Http2ServerRequest, write: (text: string) => void): void {
  let body = "";
  request.on("data", (chunk: Buffer) => (body += String(chunk)));
  request.on("end", () => {
    const { host, ":authority": authority } = request.headers;
    write(`${request.method} ${request.url} for ${String(authority ?? host)}: ${body}`);
  });
}

describe("an HTTP upstream on a Unix socket", () => {
  for (const protocol of ["http", "h2c"] as const) {
    it(`gets requests with and without a body, with the client's Host, by ${protocol}`, async () => {
      await using folder = await openFolder();
      const server =
        protocol === "http"
          ? http.createServer((request, response) => echo(request, (text) => response.end(text)))
          : http2.createServer((request, response) => echo(request, (text) => response.end(text)));
      await using _ = await listen(server, folder.socket);
      const to = { kind: "unix", path: folder.socket, protocol } as const;
      await using scene = await openHttpScene({ to: 0, config: { to } });
      const got = await exchangeRaw(scene.port, `GET /a?b HTTP/1.1\r\n${CLOSE}\r\n`);
      assert.match(got, /GET \/a\?b for app\.example:8443: (?:\r\n|$)/);
      assert.match(await exchangeRaw(scene.port, CHUNKED), /POST \/up for app\.example:8443: abcde/);
      await using session = openSession(scene.port);
      const stream = session.request({ ":method": "PUT", ":path": "/", ":authority": "app.example" });
      stream.end("over HTTP/2");
      assert.equal((await finish(stream)).body, "PUT / for app.example: over HTTP/2");
    });
  }

  it("is asked for WebSockets", async () => {
    await using folder = await openFolder();
    const server = http.createServer();
    server.on("upgrade", (request: http.IncomingMessage, socket: net.Socket) => {
      const accept = acceptOf(String(request.headers["sec-websocket-key"]));
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\nhi`,
      );
      socket.pipe(socket);
    });
    await using _ = await listen(server, folder.socket);
    const to = { kind: "unix", path: folder.socket, protocol: "http" } as const;
    await using scene = await openHttpScene({ to: 0, config: { to } });
    const client = await connectRaw(scene.port);
    client.setEncoding("latin1");
    let text = "";
    client.on("data", (chunk: string) => (text += chunk));
    client.write(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n",
    );
    while (!text.endsWith("hi")) await once(client, "data");
    assert.match(text, /^HTTP\/1\.1 101 /);
    client.write("there");
    while (!text.endsWith("hithere")) await once(client, "data");
    client.destroy();
  });

  it("is waited for while it is not there yet, as long as it is to be tried again", async () => {
    await using folder = await openFolder();
    const to = { kind: "unix", path: folder.socket, protocol: "http" } as const;
    const ask = `POST / HTTP/1.1\r\n${CLOSE}Content-Length: 4\r\n\r\nonce`;
    await using hasty = await openHttpScene({ to: 0, config: { to, connectRetryMs: 0 } });
    assert.match(await exchangeRaw(hasty.port, ask), /^HTTP\/1\.1 502 /);
    await using scene = await openHttpScene({ to: 0, config: { to, connectRetryMs: 60_000 } });
    const answer = exchangeRaw(scene.port, ask);
    const server = http.createServer((request, response) => echo(request, (text) => response.end(text)));
    await using _ = await listen(server, folder.socket);
    assert.match(await answer, /^HTTP\/1\.1 200 [\s\S]*POST \/ for app\.example:8443: once/);
  });
});
