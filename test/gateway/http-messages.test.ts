import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { closed } from "../guard/support/closed.ts";
import { connectRaw, exchangeRaw, finish, openHttpScene, openSession } from "./support/http-scene.ts";
import { openH2cUpstream, openHttpUpstream, type Upstream } from "./support/http-upstream.ts";

const CLOSE = "Host: a\r\nConnection: close\r\n";

/** Answers with trailers, some of which nobody may send. */
function openTrailing(): Promise<Upstream> {
  return openHttpUpstream((_request, response) => {
    response.writeHead(200, { trailer: "Digest, Content-Length" });
    response.write("body");
    response.addTrailers({ Digest: "abc", "Client-Cert": "forged", "X-End": "1" });
    response.end();
  });
}

/** Answers with the body, the trailers and TE of a request. */
function openMirror(): Promise<Upstream> {
  return openHttpUpstream(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    response.end(`${body} ${request.rawTrailers.join("=")} ${String(request.headers["te"])}`);
  });
}

describe("trailers of a response", () => {
  it("go on over HTTP/1.1", async () => {
    await using upstream = await openTrailing();
    await using scene = await openHttpScene({ to: upstream.port });
    const answer = await exchangeRaw(scene.port, `GET / HTTP/1.1\r\n${CLOSE}\r\n`);
    assert.match(answer, /4\r\nbody\r\n0\r\nDigest: abc\r\nX-End: 1\r\n\r\n$/);
  });

  it("go on from HTTP/1.1 to HTTP/2", async () => {
    await using upstream = await openTrailing();
    await using scene = await openHttpScene({ to: upstream.port });
    await using session = openSession(scene.port);
    const { body, trailers } = await finish(session.request({ ":path": "/" }));
    assert.equal(body, "body");
    assert.equal(trailers["digest"], "abc");
    assert.equal(trailers["x-end"], "1");
  });

  it("go on from h2c to both", async () => {
    await using upstream = await openH2cUpstream((stream) => {
      stream.respond({ ":status": 200 }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end("body");
    });
    await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
    await using session = openSession(scene.port);
    const stream = session.request({ ":method": "POST", ":path": "/", te: "trailers" });
    stream.end("question");
    const { body, trailers } = await finish(stream);
    assert.equal(body, "body");
    assert.equal(trailers["grpc-status"], "0");
    const answer = await exchangeRaw(scene.port, `GET / HTTP/1.1\r\n${CLOSE}\r\n`);
    assert.match(answer, /body\r\n0\r\ngrpc-status: 0\r\n\r\n$/);
  });
});

describe("trailers of a request", () => {
  it("go on over HTTP/1.1", async () => {
    await using upstream = await openMirror();
    await using scene = await openHttpScene({ to: upstream.port });
    const request = `POST / HTTP/1.1\r\n${CLOSE}TE: trailers\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nDigest: abc\r\n\r\n`;
    assert.match(await exchangeRaw(scene.port, request), /body Digest=abc trailers/);
  });

  it("go on from HTTP/2 to HTTP/1.1, with a length when they are announced", async () => {
    await using upstream = await openMirror();
    await using scene = await openHttpScene({ to: upstream.port });
    await using session = openSession(scene.port);
    for (const more of [{}, { "content-length": "4", trailer: "digest" }]) {
      const headers = { ":method": "POST", ":path": "/", ...more };
      const stream = session.request(headers, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ digest: "abc" }));
      stream.end("body");
      assert.equal((await finish(stream)).body, "body digest=abc undefined");
    }
  });

  it("go on to h2c", async () => {
    await using upstream = await openH2cUpstream((stream) => {
      stream.on("trailers", (trailers) => {
        stream.respond({ ":status": 200 });
        stream.end(`trailers ${String(trailers["digest"])}`);
      });
      stream.resume();
    });
    await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
    const request = `POST / HTTP/1.1\r\n${CLOSE}Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nDigest: abc\r\n\r\n`;
    assert.match(await exchangeRaw(scene.port, request), /trailers abc/);
  });
});

describe("Expect: 100-continue", () => {
  const head = `POST / HTTP/1.1\r\n${CLOSE}Expect: 100-continue\r\nContent-Length: 4\r\n\r\n`;

  it("is answered when the upstream answers it, not before", async () => {
    const asked = Promise.withResolvers<() => void>();
    await using upstream = await openHttpUpstream(
      (_request, response) => response.end(),
      (server) =>
        server.on("checkContinue", (request, response) =>
          asked.resolve(() => {
            response.writeContinue();
            request.on("data", (chunk: Buffer) => response.end(`got ${chunk.toString()}`));
          }),
        ),
    );
    await using scene = await openHttpScene({ to: upstream.port });
    const socket = await connectRaw(scene.port);
    let received = "";
    socket.setEncoding("latin1").on("data", (text: string) => (received += text));
    socket.write(head);
    const permit = await asked.promise;
    assert.equal(received, "");
    permit();
    await once(socket, "data");
    assert.equal(received, "HTTP/1.1 100 Continue\r\n\r\n");
    socket.write("body");
    await closed(socket);
    assert.match(received, /got body/);
  });

  it("is not followed by a body when the upstream refuses", async () => {
    await using upstream = await openHttpUpstream(
      (_request, response) => response.end(),
      (server) => server.on("checkContinue", (_request, response) => response.writeHead(417).end("no")),
    );
    await using scene = await openHttpScene({ to: upstream.port });
    const answer = await exchangeRaw(scene.port, head);
    assert.match(answer, /^HTTP\/1\.1 417 /);
  });

  it("works over HTTP/2", async () => {
    await using upstream = await openHttpUpstream(
      (_request, response) => response.end(),
      (server) =>
        server.on("checkContinue", async (request, response) => {
          response.writeContinue();
          response.end(`got ${Buffer.concat(await request.toArray()).toString()}`);
        }),
    );
    await using scene = await openHttpScene({ to: upstream.port });
    await using session = openSession(scene.port);
    const stream = session.request({ ":method": "POST", ":path": "/", expect: "100-continue" });
    const outcome = finish(stream);
    await once(stream, "continue");
    stream.end("body");
    assert.equal((await outcome).body, "got body");
  });
});

describe("103 Early Hints", () => {
  it("go on over HTTP/1.1 and HTTP/2, for requests with and without a body", async () => {
    await using upstream = await openHttpUpstream((request, response) => {
      request.resume();
      response.writeEarlyHints({ link: "</a.css>; rel=preload", "x-hint": "1" });
      response.end("done");
    });
    await using scene = await openHttpScene({ to: upstream.port });
    const get = await exchangeRaw(scene.port, `GET / HTTP/1.1\r\n${CLOSE}\r\n`);
    assert.match(
      get,
      /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>; rel=preload\r\nx-hint: 1\r\n\r\nHTTP\/1\.1 200 OK/i,
    );
    await using session = openSession(scene.port);
    const stream = session.request({ ":method": "POST", ":path": "/" });
    const hints = once(stream, "headers");
    stream.end("x");
    const [headers] = (await hints) as [Record<string, string>];
    assert.equal(headers["link"], "</a.css>; rel=preload");
    assert.equal((await finish(stream)).status, 200);
  });
});
