import assert from "node:assert/strict";
import http2 from "node:http2";
import net from "node:net";
import { describe, it } from "node:test";
import { clientOptions, exchangeRaw, finish, openHttpScene, openSession } from "../../support/http-scene.ts";
import { openH2cUpstream, openHttpUpstream, openTcpUpstream } from "../../support/http-upstream.ts";
import { beforeItRunsOut } from "../../../support/before-it-runs-out.ts";

const { NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM } = http2.constants;
const GET = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/** Whole with a length, without one, and none. */
const KINDS = ["GET", "POST", "gRPC"] as const;

async function ask(session: http2.ClientHttp2Session, kind: (typeof KINDS)[number]): Promise<string> {
  const method = kind === "GET" ? "GET" : "POST";
  const length = kind === "POST" ? { "content-length": "5" } : {};
  const stream = session.request({ ":path": "/", ":method": method, ...length });
  if (kind !== "GET") stream.write("hel");
  if (kind !== "GET") setTimeout(() => stream.end("lo"), 20);
  const { status, body } = await finish(stream);
  return `${status} ${body}`;
}

/** Answers with what it got. */
function echo(stream: http2.ServerHttp2Stream): void {
  let body = "";
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => (body += text));
  stream.on("end", () => {
    stream.respond({ ":status": 200 });
    stream.end(`<${body}>`);
  });
}

const ANSWERS = { GET: "200 <>", POST: "200 <hello>", gRPC: "200 <hello>" };

describe("a request over h2c that the upstream did nothing with", () => {
  for (const code of [NGHTTP2_NO_ERROR, NGHTTP2_ENHANCE_YOUR_CALM]) {
    it(`is sent again when the connection ends before it, with GOAWAY ${code}`, async () => {
      let asked = 0;
      await using upstream = await openH2cUpstream((stream) => {
        asked += 1;
        if (asked % 2 === 0) stream.session?.goaway(code, (stream.id ?? 0) - 2);
        else echo(stream);
      });
      await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
      await using session = openSession(scene.port);
      for (const kind of KINDS) assert.equal(await ask(session, kind), ANSWERS[kind]);
      assert.ok(asked > KINDS.length);
    });
  }

  it("is sent again when its stream is refused, whatever its method", async () => {
    let asked = 0;
    await using upstream = await openH2cUpstream((stream) => {
      asked += 1;
      if (asked % 2 === 1) stream.close(NGHTTP2_REFUSED_STREAM);
      else echo(stream);
    });
    await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
    await using session = openSession(scene.port);
    for (const kind of KINDS) assert.equal(await ask(session, kind), ANSWERS[kind]);
    assert.equal(asked, 2 * KINDS.length);
  });

  it("is sent again while connections end in good order all the time", async () => {
    await using upstream = await openH2cUpstream((stream) => {
      echo(stream);
      stream.session?.close();
    });
    await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
    await using session = openSession(scene.port);
    for (let round = 0; round < 10; round += 1) {
      const answers = await Promise.all(KINDS.map((kind) => ask(session, kind)));
      assert.deepEqual(
        answers,
        KINDS.map((kind) => ANSWERS[kind]),
      );
    }
  });

  it("is answered with 502 when that happens again and again", async () => {
    let asked = 0;
    await using upstream = await openH2cUpstream((stream) => {
      asked += 1;
      stream.close(NGHTTP2_REFUSED_STREAM);
    });
    await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
    assert.match(await exchangeRaw(scene.port, GET), /^HTTP\/1\.1 502 /);
    assert.equal(asked, 3);
  });

  it("is answered with 502 when more of its body passed than is kept", async () => {
    let asked = 0;
    await using upstream = await openH2cUpstream((stream) => {
      asked += 1;
      let taken = 0;
      stream.on("data", (chunk: Buffer) => {
        taken += chunk.length;
        if (taken > 30_000) stream.close(NGHTTP2_REFUSED_STREAM);
      });
    });
    await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
    await using session = openSession(scene.port);
    const upload = session.request({ ":path": "/", ":method": "PUT" });
    upload.end(Buffer.alloc(50_000));
    assert.equal((await finish(upload)).status, 502);
    assert.equal(asked, 1);
  });

  it("is sent again when it asks for a WebSocket", async () => {
    let asked = 0;
    await using upstream = await openH2cUpstream(
      (stream) => {
        asked += 1;
        if (asked === 1) stream.close(NGHTTP2_REFUSED_STREAM);
        else stream.respond({ ":status": 200 });
      },
      { enableConnectProtocol: true },
    );
    await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
    const session = http2.connect(`https://localhost:${scene.port}`, clientOptions());
    session.on("remoteSettings", () => undefined);
    await new Promise((resolve) => session.once("remoteSettings", resolve));
    const stream = session.request({ ":method": "CONNECT", ":protocol": "websocket", ":path": "/" });
    const status = await new Promise((resolve) => stream.on("response", (head) => resolve(head[":status"])));
    assert.equal(status, 200);
    assert.equal(asked, 2);
    session.destroy();
  });
});

describe("a request over h2c that the upstream may have begun with", () => {
  it("is sent again when its connection is gone, if it may be done twice", async () => {
    let asked = 0;
    await using upstream = await openH2cUpstream((stream) => {
      asked += 1;
      if (asked % 2 === 1) stream.session?.socket.destroy();
      else echo(stream);
    });
    await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
    await using session = openSession(scene.port);
    assert.equal(await ask(session, "GET"), ANSWERS.GET);
    assert.equal(asked, 2);
    assert.match(await ask(session, "POST"), /^502 /);
    assert.equal(asked, 3);
  });

  it("is not sent again when its stream is reset for another reason", async () => {
    let asked = 0;
    await using upstream = await openH2cUpstream((stream) => {
      asked += 1;
      stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
    });
    await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
    assert.match(await exchangeRaw(scene.port, GET), /^HTTP\/1\.1 502 /);
    assert.equal(asked, 1);
  });

  it("is not sent again when GOAWAY says that others were refused", async () => {
    let asked = 0;
    await using upstream = await openH2cUpstream((stream) => {
      asked += 1;
      stream.session?.goaway(NGHTTP2_REFUSED_STREAM, stream.id ?? 0);
    });
    await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
    await using session = openSession(scene.port);
    for (const kind of ["POST", "gRPC"] as const) assert.match(await ask(session, kind), /^502 /);
    assert.equal(asked, 2);
  });
});

describe("a request over h2c on a connection that ends before its upstream said anything", () => {
  it("is sent again, whatever its method and however many there are", async () => {
    await using upstream = await openH2cUpstream(echo);
    let connections = 0;
    await using dying = await openTcpUpstream((socket) => {
      connections += 1;
      if (connections === 1) {
        // As when whoever listened ends before it accepts.
        socket.once("data", () => socket.resetAndDestroy());
      } else {
        const other = net.connect(upstream.port, "127.0.0.1");
        socket.pipe(other).pipe(socket);
        for (const side of [socket, other]) side.on("error", () => undefined);
      }
    });
    await using scene = await openHttpScene({ to: dying.port, protocol: "h2c" });
    await using session = openSession(scene.port);
    const answers = await Promise.all(KINDS.map((kind) => ask(session, kind)));
    assert.deepEqual(
      answers,
      KINDS.map((kind) => ANSWERS[kind]),
    );
    assert.equal(connections, 2);
  });

  it("is answered with 504 when it never says anything", async () => {
    await using silent = await openTcpUpstream((socket) => void socket.resume());
    await using done = await beforeItRunsOut(300, async (attempt) => {
      const config = { idleTimeoutMs: attempt.forMs };
      const scene = attempt.use(await openHttpScene({ to: silent.port, protocol: "h2c", config }));
      await using session = openSession(scene.port);
      const answers: string[] = [];
      for (const kind of KINDS) answers.push(await ask(session, kind));
      // A body was late itself.
      if (answers.some((answer) => answer.startsWith("408 "))) attempt.runsOutAt(Date.now());
      return { answers };
    });
    for (const answer of done.answers) assert.match(answer, /^504 /);
  });
});

describe("a request over HTTP/1.1 on a kept connection that ends just then", () => {
  const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  const close = "Host: a\r\nConnection: close\r\n";
  const chunked = "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n";
  const repeated = {
    "without a body": `GET / HTTP/1.1\r\n${close}\r\n`,
    "with a small one": `PUT / HTTP/1.1\r\n${close}Content-Length: 4\r\n\r\nbody`,
    "with one in chunks": `PUT / HTTP/1.1\r\n${close}${chunked}`,
  };
  const refused = {
    "without a body": `POST / HTTP/1.1\r\n${close}Content-Length: 0\r\n\r\n`,
    "with a small one": `POST / HTTP/1.1\r\n${close}Content-Length: 4\r\n\r\nbody`,
    "with one in chunks": `POST / HTTP/1.1\r\n${close}${chunked}`,
  };

  for (const [requests, status, most] of [
    [repeated, 200, 4],
    [refused, 502, 2],
  ] as const) {
    for (const [what, request] of Object.entries(requests)) {
      it(`${what} is ${status} for ${request.slice(0, 4)}`, async () => {
        let asked = 0;
        await using upstream = await openTcpUpstream((socket) => {
          let here = 0;
          socket.on("data", (chunk) => {
            if (!/body|\r\n\r\n$/.test(chunk.toString())) return;
            here += 1;
            asked += 1;
            if (here === 1) socket.write(answer);
            else socket.destroy();
          });
        });
        await using scene = await openHttpScene({ to: upstream.port });
        assert.match(await exchangeRaw(scene.port, request), /^HTTP\/1\.1 200 /);
        asked = 1;
        assert.match(await exchangeRaw(scene.port, request), new RegExp(`^HTTP/1\\.1 ${status} `));
        assert.ok(asked <= most, String(asked));
      });
    }
  }

  it("is not sent again once a part of an answer came", async () => {
    let asked = 0;
    await using upstream = await openHttpUpstream((_request, response) => {
      asked += 1;
      response.writeEarlyHints({ link: "</a.css>; rel=preload" });
      setImmediate(() => response.destroy());
    });
    await using scene = await openHttpScene({ to: upstream.port });
    assert.match(await exchangeRaw(scene.port, GET), / 502 /);
    assert.equal(asked, 1);
  });
});
