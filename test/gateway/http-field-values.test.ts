import assert from "node:assert/strict";
import { once } from "node:events";
import type http2 from "node:http2";
import { describe, it } from "node:test";
import { anna, connectRaw, exchangeRaw, finish, openHttpScene, openSession } from "./support/http-scene.ts";
import { fieldBlock, FLAG, FRAME, frame, openFrames } from "./support/http2-frames.ts";
import {
  openH2cUpstream,
  openHttpUpstream,
  openTcpUpstream,
  type Upstream,
} from "./support/http-upstream.ts";

const CLOSE = "Host: a\r\nConnection: close\r\n";
/** The bytes of `é` in Latin-1 and in UTF-8, one character each. */
const BYTES = "\xe9 \xc3\xa9";

/** What comes again, of names and values in turn. */
function valuesOf(raw: readonly string[], name: string): readonly string[] {
  return raw.filter((_, at) => at % 2 === 1 && raw[at - 1]?.toLowerCase() === name);
}

describe("a field that is there twice", () => {
  const TWICE = ["Date", "today", "Date", "tomorrow", "X-Content-Type-Options", "a"];

  for (const protocol of ["http", "h2c"] as const) {
    it(`goes on so to the upstream and back over both versions of HTTP, by ${protocol}`, async () => {
      const seen: (readonly string[])[] = [];
      await using upstream =
        protocol === "http"
          ? await openHttpUpstream((request, response) => {
              seen.push(valuesOf(request.rawHeaders, "referer"));
              request.resume();
              response.writeHead(200, TWICE).end();
            })
          : await openH2cUpstream((stream, _headers, raw) => {
              seen.push(valuesOf(raw, "referer"));
              stream.resume();
              stream.respond(["x", "1", "x", "2"]);
              stream.end();
            });
      await using scene = await openHttpScene({ to: upstream.port, protocol });
      await using session = openSession(scene.port);
      for (const method of ["GET", "POST"]) {
        const fields = [":method", method, ":path", "/", ":scheme", "https", ":authority", "a"];
        const stream = session.request([...fields, "referer", "a", "referer", "b"], { endStream: false });
        stream.end(method === "POST" ? "body" : undefined);
        const [, , raw] = (await once(stream, "response")) as [unknown, number, string[]];
        const expected = protocol === "http" ? ["today", "tomorrow"] : ["1", "2"];
        assert.deepEqual(valuesOf(raw, protocol === "http" ? "date" : "x"), expected);
        stream.resume();
        await once(stream, "close");
        const body = method === "POST" ? "Content-Length: 4\r\n\r\nbody" : "\r\n";
        const answer = await exchangeRaw(
          scene.port,
          `${method} / HTTP/1.1\r\n${CLOSE}Referer: a\r\nReferer: b\r\n${body}`,
        );
        assert.match(answer, /^HTTP\/1\.1 200 /);
      }
      assert.deepEqual(
        seen,
        seen.map(() => ["a", "b"]),
      );
      assert.equal(seen.length, 4);
    });
  }

  it("goes on so in trailers, both ways", async () => {
    let asked: readonly string[] = [];
    await using upstream = await openH2cUpstream((stream) => {
      stream.on("trailers", (_headers: unknown, _flags: unknown, raw: string[]) => {
        asked = valuesOf(raw, "x");
      });
      stream.resume();
      stream.respond({ ":status": 200 }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ x: ["3", "4"] }));
      stream.on("end", () => stream.end("body"));
    });
    await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
    await using session = openSession(scene.port);
    const stream = session.request({ ":method": "POST", ":path": "/" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ x: ["1", "2"] }));
    stream.end("body");
    let answered: readonly string[] = [];
    stream.on("trailers", (_headers: http2.IncomingHttpHeaders, _flags: number, raw: string[]) => {
      answered = valuesOf(raw, "x");
    });
    assert.equal((await finish(stream)).status, 200);
    assert.deepEqual(asked, ["1", "2"]);
    assert.deepEqual(answered, ["3", "4"]);
  });
});

/** Answers by bytes, with a field of bytes beyond ASCII, and its body a moment after its head. */
function openBytes(heard: string[]): Promise<Upstream> {
  return openTcpUpstream((socket) =>
    socket.on("data", (chunk: Buffer) => {
      const text = chunk.toString("latin1");
      if (/^x-bytes: (.*)\r$/im.test(text)) heard.push(/^x-bytes: (.*)\r$/im.exec(text)?.[1] ?? "");
      if (!text.includes("HTTP/1.1")) return;
      socket.write(`HTTP/1.1 200 OK\r\nX-Bytes: ${BYTES}\r\nContent-Length: 1\r\n\r\n`, "latin1");
    }),
  );
}

describe("a field with bytes beyond ASCII", () => {
  for (const [name, request] of [
    ["without a body", `GET / HTTP/1.1\r\nHost: a\r\nX-Bytes: ${BYTES}\r\n\r\n`],
    ["with a body", `POST / HTTP/1.1\r\nHost: a\r\nX-Bytes: ${BYTES}\r\nContent-Length: 4\r\n\r\nbody`],
  ] as const) {
    it(`keeps them in a request ${name}, and in an answer whose body comes later`, async () => {
      const heard: string[] = [];
      await using upstream = await openBytes(heard);
      await using scene = await openHttpScene({ to: upstream.port });
      const socket = await connectRaw(scene.port);
      socket.setEncoding("latin1");
      socket.write(request, "latin1");
      let head = "";
      while (!head.includes("\r\n\r\n")) head += String((await once(socket, "data"))[0]);
      socket.destroy();
      assert.deepEqual(heard, [BYTES]);
      assert.equal(/^x-bytes: (.*)\r$/im.exec(head)?.[1], BYTES);
    });
  }
});

describe("a field with white space at an end", () => {
  const SPACED = { authorization: "Bearer abc ", cookie: "session=abc ", "x-one": " \ta b\t " };

  for (const protocol of ["http", "h2c"] as const) {
    it(`goes on without it from HTTP/2 to the upstream, and back, by ${protocol}`, async () => {
      const seen: http2.IncomingHttpHeaders[] = [];
      await using upstream =
        protocol === "http"
          ? await openTcpUpstream((socket) =>
              socket.on("data", (chunk: Buffer) => {
                const lines = chunk.toString("latin1").split("\r\n").slice(1);
                seen.push(Object.fromEntries(lines.flatMap((line) => toField(line))));
                socket.write(
                  "HTTP/1.1 200 OK\r\nSet-Cookie: a=b \r\nX-Two:  c\t\r\nContent-Length: 0\r\n\r\n",
                );
              }),
            )
          : await openH2cUpstream((stream, headers) => {
              seen.push(headers);
              stream.respond({ "set-cookie": "a=b ", "x-two": " c\t" }, { waitForTrailers: true });
              stream.on("wantTrailers", () => stream.sendTrailers({ "x-three": " d " }));
              stream.resume().end();
            });
      await using scene = await openHttpScene({ to: upstream.port, protocol });
      await using session = openSession(scene.port);
      const { status, headers, trailers } = await finish(session.request({ ":path": "/", ...SPACED }));
      assert.equal(status, 200);
      assert.deepEqual([headers["set-cookie"], headers["x-two"]], [["a=b"], "c"]);
      if (protocol === "h2c") assert.equal(trailers["x-three"], "d");
      const [{ authorization, cookie, "x-one": one } = {}] = seen;
      assert.deepEqual(
        { authorization, cookie, one },
        {
          authorization: "Bearer abc",
          cookie: "session=abc",
          one: "a b",
        },
      );
    });
  }

  it("loses it in trailers, and goes on", async () => {
    let asked: unknown;
    await using upstream = await openH2cUpstream((stream) => {
      stream.on("trailers", (headers: http2.IncomingHttpHeaders) => (asked = headers["x"]));
      stream.on("end", () => stream.respond({ ":status": 200 }, { endStream: true })).resume();
    });
    await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
    await using session = openSession(scene.port);
    const stream = session.request({ ":method": "POST", ":path": "/" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ x: " 1 " }));
    stream.end("body");
    assert.equal((await finish(stream)).status, 200);
    assert.equal(asked, "1");
  });
});

describe("a field of HTTP/2 with a control character, or a name that is no token", () => {
  it("reaches no upstream, and makes no other field of the request another one", async () => {
    const seen: (readonly string[])[] = [];
    await using upstream = await openHttpUpstream(({ rawHeaders }, response) => {
      seen.push(rawHeaders);
      response.end();
    });
    await using scene = await openHttpScene({ to: upstream.port });
    await using connection = await openFrames(scene.port, anna);
    const bad = [
      ["x-bad", "a\r\nx-made-up: b"],
      ["x-bad", "a\nb"],
      ["x-bad", "a\0b"],
      ["x bad", "a"],
    ] as const;
    for (const [at, field] of bad.entries()) {
      const block = fieldBlock([...requestFields(), ["x-good", "c"], field]);
      const stream = 2 * at + 1;
      connection.write(frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, stream, block));
      await connection.waitFor((received) => received.stream === stream);
    }
    for (const raw of seen) {
      assert.deepEqual(valuesOf(raw, "x-good"), ["c"]);
      assert.doesNotMatch(raw.join("\n"), /made-up|bad/);
    }
  });
});

function requestFields(): (readonly [string, string])[] {
  return [
    [":method", "GET"],
    [":path", "/"],
    [":scheme", "https"],
    [":authority", "a"],
  ];
}

function toField(line: string): [string, string][] {
  const colon = line.indexOf(": ");
  return colon === -1 ? [] : [[line.slice(0, colon).toLowerCase(), line.slice(colon + 2)]];
}
