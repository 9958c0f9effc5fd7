import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { closed } from "../guard/support/closed.ts";
import { connectRaw, exchangeRaw, openHttpScene } from "./support/http-scene.ts";
import { fieldBlock, FLAG, FRAME, frame, openFrames } from "./support/http2-frames.ts";
import { openH2cUpstream, openTcpUpstream, type Upstream } from "./support/http-upstream.ts";

/** An upstream that believes everything: it notes every byte and answers whatever comes. */
async function openGullible(): Promise<Upstream & { readonly heard: readonly string[] }> {
  const heard: string[] = [];
  const upstream = await openTcpUpstream((socket) => {
    socket.on("data", (chunk: Buffer) => {
      heard.push(chunk.toString("latin1"));
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
  });
  return Object.assign(upstream, { heard });
}

const SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

/** Requests whose end two servers could see in two places. None of them may reach the upstream. */
const PROBES: readonly (readonly [string, string])[] = [
  ["CL.TE", `Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ["TE.CL", `Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n${SMUGGLED}`],
  ["TE.TE, a coding that does not exist", `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ["TE.TE, twice", `Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ["TE.TE, a tab", `Transfer-Encoding:\tchunked\x0b\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ["TE, a space before the colon", `Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ["CL, a space before the colon", `Content-Length : 5\r\n\r\n${SMUGGLED}`],
  ["CL twice", `Content-Length: 5\r\nContent-Length: 6\r\n\r\n${SMUGGLED}`],
  ["CL twice, alike", `Content-Length: 5\r\nContent-Length: 5\r\n\r\n12345${SMUGGLED}`],
  ["CL as a list", `Content-Length: 5, 5\r\n\r\n12345${SMUGGLED}`],
  ["CL with a sign", `Content-Length: +5\r\n\r\n12345${SMUGGLED}`],
  ["CL that is negative", `Content-Length: -5\r\n\r\n${SMUGGLED}`],
  ["CL in hex", `Content-Length: 0x5\r\n\r\n${SMUGGLED}`],
  ["CL that overflows", `Content-Length: 18446744073709551621\r\n\r\n${SMUGGLED}`],
  ["a bare LF in the head", `X: 1\nContent-Length: 0\r\n\r\n${SMUGGLED}`],
  ["a head that ends in bare LFs", `X: 1\n\n${SMUGGLED}`],
  ["a bare CR", `X: 1\rContent-Length: 5\r\n\r\n${SMUGGLED}`],
  ["obs-fold", `X: 1\r\n Content-Length: 5\r\n\r\n${SMUGGLED}`],
  ["a NUL", `X: 1\0\r\n\r\n${SMUGGLED}`],
  ["a name that is none", `X y: 1\r\n\r\n${SMUGGLED}`],
  ["no name", `: 1\r\n\r\n${SMUGGLED}`],
];

/** Bodies that begin well and go wrong later: the upstream hears of them, but never of an end. */
const BROKEN_BODIES: readonly (readonly [string, string])[] = [
  ["a chunk size that is none", `Transfer-Encoding: chunked\r\n\r\nxyz\r\n${SMUGGLED}`],
  ["a chunk size that overflows", `Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n${SMUGGLED}`],
  ["a chunk without its end", `Transfer-Encoding: chunked\r\n\r\n1\r\nxx0\r\n\r\n${SMUGGLED}`],
  ["a bare LF after a chunk size", `Transfer-Encoding: chunked\r\n\r\n0\n\n${SMUGGLED}`],
  ["a bare LF in a chunk extension", `Transfer-Encoding: chunked\r\n\r\n0;a\nb\r\n\r\n${SMUGGLED}`],
];

describe("a request that two servers could read differently", () => {
  for (const [name, rest] of PROBES) {
    it(`is refused, and so is what follows it: ${name}`, async () => {
      await using upstream = await openGullible();
      await using scene = await openHttpScene({ to: upstream.port });
      const answer = await exchangeRaw(scene.port, `POST / HTTP/1.1\r\nHost: a\r\n${rest}`);
      assert.match(answer, /^HTTP\/1\.1 (?:400|413|501) /);
      assert.equal(answer.match(/HTTP\/1\.1/g)?.length, 1);
      assert.deepEqual(upstream.heard, []);
    });
  }

  for (const [name, rest] of BROKEN_BODIES) {
    it(`ends without an end, and what follows it is not read: ${name}`, async () => {
      await using upstream = await openGullible();
      await using scene = await openHttpScene({ to: upstream.port });
      await exchangeRaw(scene.port, `POST / HTTP/1.1\r\nHost: a\r\n${rest}`);
      const all = upstream.heard.join("");
      assert.doesNotMatch(all, /smuggled/);
      assert.doesNotMatch(all, /\r\n0\r\n/);
    });
  }

  it("is not made of two: what comes after a body is a request of its own, vetted like any", async () => {
    await using upstream = await openGullible();
    await using scene = await openHttpScene({
      to: upstream.port,
      config: { paths: [{ path: "/smuggled", allow: [] }] },
    });
    const socket = await connectRaw(scene.port);
    let received = "";
    socket.setEncoding("latin1").on("data", (text: string) => (received += text));
    socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345${SMUGGLED}`);
    while ((received.match(/HTTP\/1\.1/g)?.length ?? 0) < 2) await once(socket, "data");
    assert.match(received, /^HTTP\/1\.1 200 .*HTTP\/1\.1 403 /s);
    assert.doesNotMatch(upstream.heard.join(""), /smuggled/);
    socket.destroy();
  });
});

const HEAD = [
  [":method", "POST"],
  [":scheme", "https"],
  [":authority", "a"],
  [":path", "/"],
] as const;

/** What HTTP/2 can carry and HTTP/1.1 would read as something else. RFC 9113 §8.2.1, §8.3, §10.3. */
const DOWNGRADES: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  ["an upper-case name", [...HEAD, ["Handclasp-Peer", "admin"]]],
  ["CR LF in the path", [...HEAD.slice(0, 3), [":path", "/ HTTP/1.1\r\nhandclasp-peer: admin\r\nx: "]]],
  ["a space in the path", [...HEAD.slice(0, 3), [":path", "/ HTTP/1.1"]]],
  ["a path without a slash", [...HEAD.slice(0, 3), [":path", "admin"]]],
  ["no path", HEAD.slice(0, 3)],
  ["two paths", [...HEAD, [":path", "/admin"]]],
  ["CR LF in the method", [[":method", "GET / HTTP/1.1\r\nx: "], ...HEAD.slice(1)]],
  ["a space in the method", [[":method", "GET /admin"], ...HEAD.slice(1)]],
  [
    "CR LF in the authority",
    [...HEAD.slice(0, 2), [":authority", "a\r\nhandclasp-peer: admin"], ...HEAD.slice(3)],
  ],
  ["a scheme that is none", [HEAD[0], [":scheme", "https://x/?"], ...HEAD.slice(2)]],
  ["transfer-encoding", [...HEAD, ["transfer-encoding", "chunked"]]],
  ["connection", [...HEAD, ["connection", "x"]]],
  ["a pseudo field that does not exist", [...HEAD, [":admin", "1"]]],
  ["a pseudo field after others", [["x", "1"], ...HEAD]],
  ["two lengths", [...HEAD, ["content-length", "4"], ["content-length", "5"]]],
  ["a length that is none", [...HEAD, ["content-length", "4x"]]],
];

/** Fields that nghttp2 leaves out of a request that is whole without them. RFC 9113 §8.2.1 */
const DROPPED: typeof DOWNGRADES = [
  ["CR LF in a value", [...HEAD, ["x", "1\r\nhandclasp-peer: admin"]]],
  ["LF in a value", [...HEAD, ["x", "1\nhandclasp-peer: admin"]]],
  ["NUL in a value", [...HEAD, ["x", "1\0"]]],
  ["CR LF in a name", [...HEAD, ["x: 1\r\nhandclasp-peer", "admin"]]],
  ["a colon in a name", [...HEAD, ["x: 1", "2"]]],
  ["a space in a name", [...HEAD, ["handclasp-peer ", "admin"]]],
];

describe("a request over HTTP/2 that HTTP/1.1 could not carry", () => {
  for (const [name, fields] of DOWNGRADES) {
    it(`does not reach the upstream: ${name}`, async () => {
      await using upstream = await openGullible();
      await using scene = await openHttpScene({ to: upstream.port });
      await using frames = await openFrames(scene.port);
      frames.write(
        frame(FRAME.headers, FLAG.endHeaders, 1, fieldBlock(fields)),
        frame(FRAME.data, FLAG.endStream, 1, Buffer.from(SMUGGLED)),
      );
      const answer = await frames.waitFor(
        ({ type, stream }) =>
          (stream === 1 && (type === FRAME.headers || type === FRAME.reset)) || type === FRAME.goaway,
      );
      assert.ok(answer?.type !== FRAME.headers || !isOk(answer.payload), name);
      assert.deepEqual(upstream.heard, []);
    });
  }

  for (const [name, fields] of DROPPED) {
    it(`reaches the upstream without the field: ${name}`, async () => {
      await using upstream = await openGullible();
      await using scene = await openHttpScene({ to: upstream.port });
      await using frames = await openFrames(scene.port);
      frames.write(frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 1, fieldBlock(fields)));
      const answer = await frames.waitFor(({ type, stream }) => stream === 1 && type === FRAME.headers);
      assert.ok(isOk(answer?.payload));
      const lines = upstream.heard.join("").split("\r\n");
      const names = lines.map((line) => (line.split(":")[0] ?? "").toLowerCase()).toSorted();
      assert.equal(
        names.join(" ").trim(),
        "client-cert connection content-length forwarded handclasp-groups handclasp-key handclasp-peer host post / http/1.1 x-forwarded-for x-forwarded-host x-forwarded-proto",
      );
      assert.ok(lines.includes("Handclasp-Peer: anna"));
    });
  }

  for (const [length, body] of [
    ["5", "1234567890"],
    ["10", "12345"],
    ["0", SMUGGLED],
  ] as const) {
    it(`never has a body of another length than it says: ${length}, and ${body.length} bytes come`, async () => {
      for (const protocol of ["http", "h2c"] as const) {
        const ends: string[] = [];
        await using gullible = await openGullible();
        await using other = await openH2cUpstream((stream) => {
          stream.on("end", () => ends.push(stream.aborted ? "aborted" : "end")).resume();
        });
        await using scene = await openHttpScene({
          to: (protocol === "http" ? gullible : other).port,
          protocol,
        });
        await using frames = await openFrames(scene.port);
        frames.write(
          frame(FRAME.headers, FLAG.endHeaders, 1, fieldBlock([...HEAD, ["content-length", length]])),
          frame(FRAME.data, FLAG.endStream, 1, Buffer.from(body)),
        );
        const over = await frames.waitFor(
          ({ type, stream }) => stream === 1 && (type === FRAME.reset || type === FRAME.headers),
        );
        assert.ok(over?.type === FRAME.reset || !isOk(over?.payload), JSON.stringify(over));
        // Another request, on the upstream's same or another connection, is not changed by it.
        const [connection] = gullible.connections;
        if (connection !== undefined) await closed(connection);
        const all = gullible.heard.join("");
        assert.doesNotMatch(all.slice(all.indexOf("\r\n\r\n")), /smuggled|1234567890/);
        assert.equal(ends.includes("end"), false);
      }
    });
  }
});

/** RFC 7541 §6.1: the static table's 8 is `:status: 200`. */
function isOk(block: Buffer | undefined): boolean {
  return block?.[0] === 0x88;
}

describe("an upstream's answer that is none, or two", () => {
  for (const [name, answer] of [
    ["LF in a status line", "HTTP/1.1 200 OK\nX: 1\r\n\r\n"],
    ["a bare CR in a value", "HTTP/1.1 200 OK\r\nX: 1\rSet-Cookie: a=1\r\nContent-Length: 0\r\n\r\n"],
    ["a NUL in a value", "HTTP/1.1 200 OK\r\nX: 1\0\r\nContent-Length: 0\r\n\r\n"],
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"],
    [
      "length and chunks",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ["obs-fold", "HTTP/1.1 200 OK\r\nX: 1\r\n Set-Cookie: a=1\r\nContent-Length: 0\r\n\r\n"],
    ["no HTTP", "SSH-2.0-OpenSSH_9.2\r\n"],
    ["fields without end", `HTTP/1.1 200 OK\r\nX: ${"x".repeat(100_000)}\r\n\r\n`],
  ] as const) {
    it(`is 502, or one answer without what was smuggled: ${name}`, async () => {
      await using upstream = await openTcpUpstream((socket) => {
        socket.once("data", () => socket.end(answer, "latin1"));
      });
      await using scene = await openHttpScene({ to: upstream.port });
      for (const method of ["GET", "POST"]) {
        const body = method === "POST" ? "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" : "\r\n";
        const got = await exchangeRaw(
          scene.port,
          `${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${body}`,
        );
        assert.match(got, /^HTTP\/1\.1 502 /, name);
        assert.doesNotMatch(got, /^Set-Cookie/im);
      }
    });
  }

  for (const late of [false, true]) {
    it(`does not reach the next request, when more comes than was asked for: ${late ? "later" : "at once"}`, async () => {
      let count = 0;
      let sent = Promise.withResolvers<void>();
      await using upstream = await openTcpUpstream((socket) => {
        socket.on("data", () => {
          const one = `HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nno${++count % 10}`;
          const two = one.replace("no", "XX");
          if (late) socket.write(one, () => setImmediate(() => socket.write(two, () => sent.resolve())));
          else socket.write(one + two, () => sent.resolve());
        });
      });
      await using scene = await openHttpScene({ to: upstream.port });
      for (const head of ["GET / HTTP/1.1", "POST / HTTP/1.1\r\nContent-Length: 1"]) {
        for (let request = 0; request < 5; request++) {
          const body = head.startsWith("POST") ? "x" : "";
          const text = `${head}\r\nHost: a\r\nConnection: close\r\n\r\n${body}`;
          const got = await exchangeRaw(scene.port, text);
          assert.match(got, new RegExp(`no${count % 10}$|^HTTP/1\\.1 502`));
          await sent.promise;
          sent = Promise.withResolvers();
          // Twice through the event loop, in which the gateway reads what is there.
          for (let turn = 0; turn < 2; turn++) await new Promise(setImmediate);
        }
      }
    });
  }
});
