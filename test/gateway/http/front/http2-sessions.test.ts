import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { closed } from "../../../guard/support/closed.ts";
import { exchangeRaw, finish, openHttpScene, openSession } from "../../support/http-scene.ts";
import {
  fieldBlock,
  FLAG,
  FRAME,
  type FrameConnection,
  frame,
  openFrames,
  u32,
} from "../../support/http2-frames.ts";
import { openH2cUpstream, openHttpUpstream, type Upstream } from "../../support/http-upstream.ts";

const HEAD = [
  [":method", "GET"],
  [":scheme", "https"],
  [":authority", "a"],
  [":path", "/"],
] as const;
const BLOCK = fieldBlock(HEAD);
const MEGABYTE = 1024 * 1024;

interface CountingUpstream extends Upstream {
  requests(): number;
}

async function openSilent(): Promise<CountingUpstream> {
  let count = 0;
  const upstream = await openHttpUpstream((request, response) => {
    count += 1;
    if (request.url === "/ok") response.end("ok");
  });
  return Object.assign(upstream, { requests: () => count });
}

/** Why the connection was given up; undefined when it just ended. */
async function goawayCode(frames: FrameConnection): Promise<number | undefined> {
  const goaway = await frames.waitFor(({ type }) => type === FRAME.goaway);
  return goaway?.payload.readUInt32BE(4);
}

async function stillServes(port: number): Promise<void> {
  let answer: string;
  // Where little time is given, the upstream may be too late.
  do answer = await exchangeRaw(port, "GET /ok HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  while (answer.startsWith("HTTP/1.1 504 "));
  assert.match(answer, /ok/);
}

describe("clients that give up streams by the hundred", () => {
  it("do not end those of others at an upstream over h2c, which all share", async () => {
    await using upstream = await openH2cUpstream((stream) => {
      stream.respond({ ":status": 200 });
      stream.write("begun");
    });
    await using scene = await openHttpScene({ to: upstream.port, protocol: "h2c" });
    await using session = openSession(scene.port);
    const steady = session.request({ ":path": "/" });
    await once(steady, "data");
    // Each stays within what one connection may reset.
    for (let client = 0; client < 8; client++) {
      await using other = openSession(scene.port);
      for (let round = 0; round < 4; round++) {
        const streams = Array.from({ length: 45 }, () => other.request({ ":path": "/" }));
        await Promise.all(streams.map((stream) => once(stream, "response")));
        const over = streams.map(closed);
        for (const stream of streams) stream.resume().close(8);
        await Promise.all(over);
      }
    }
    assert.equal(steady.closed, false);
    assert.ok(upstream.connections.length > 1);
  });
});

describe("an HTTP/2 client that floods", () => {
  it("with streams that it resets is cut off (rapid reset)", async () => {
    await using upstream = await openSilent();
    await using scene = await openHttpScene({ to: upstream.port });
    await using frames = await openFrames(scene.port);
    for (let stream = 1; stream < 20_000 && !frames.socket.destroyed; stream += 2) {
      frames.write(
        frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, stream, BLOCK),
        frame(FRAME.reset, 0, stream, u32(8)),
      );
      if (stream % 200 === 1) await new Promise(setImmediate);
    }
    const code = await goawayCode(frames);
    assert.ok(code === undefined || code !== 0, String(code));
    assert.ok(upstream.requests() <= 300, `${upstream.requests()} requests`);
    await stillServes(scene.port);
  });

  it("with CONTINUATION frames is cut off, and costs no memory", async () => {
    await using upstream = await openSilent();
    await using scene = await openHttpScene({ to: upstream.port });
    await using frames = await openFrames(scene.port);
    const before = process.memoryUsage().rss;
    const more = fieldBlock([["x", "y".repeat(8000)]]);
    frames.write(frame(FRAME.headers, FLAG.endStream, 1, BLOCK));
    for (let count = 0; count < 5000 && !frames.socket.destroyed; count++) {
      frames.write(frame(FRAME.continuation, 0, 1, more));
      if (count % 20 === 0) await new Promise(setImmediate);
    }
    await goawayCode(frames);
    assert.ok(process.memoryUsage().rss - before < 64 * MEGABYTE);
    assert.equal(upstream.requests(), 0);
    await stillServes(scene.port);
  });

  it("with pings or settings, and reads no answer, is cut off, and costs no memory without bound", async () => {
    for (const one of [frame(FRAME.ping, 0, 0, Buffer.alloc(8)), frame(FRAME.settings, 0, 0)]) {
      await using upstream = await openSilent();
      await using scene = await openHttpScene({ to: upstream.port });
      await using frames = await openFrames(scene.port);
      const many = Buffer.concat(Array.from({ length: 1000 }, () => one));
      const before = process.memoryUsage().rss;
      frames.socket.pause();
      const over = closed(frames.socket);
      const drained = (): Promise<unknown> => new Promise((resolve) => frames.socket.once("drain", resolve));
      for (let sent = 0; sent < 2000 && !frames.socket.destroyed; sent++) {
        if (!frames.socket.write(many)) await Promise.race([over, drained()]);
        await new Promise(setImmediate);
      }
      assert.ok(frames.socket.destroyed, "the server goes on");
      assert.ok(process.memoryUsage().rss - before < 128 * MEGABYTE);
      await stillServes(scene.port);
    }
  });

  it("with fields that are larger than it was told is refused", async () => {
    await using upstream = await openSilent();
    await using scene = await openHttpScene({ to: upstream.port });
    await using session = openSession(scene.port);
    await once(session, "remoteSettings");
    assert.equal(session.remoteSettings.maxHeaderListSize, 32 * 1024);
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`x-${at}`, "y"]));
    const outcome = await finish(session.request({ ":path": "/ok", ...many }));
    assert.ok(outcome.status === 431 || outcome.resetCode !== 0, JSON.stringify(outcome));
    const large = await finish(session.request({ ":path": "/ok", x: "y".repeat(40_000) }));
    assert.ok(large.status === 431 || large.resetCode !== 0, JSON.stringify(large));
    assert.equal(upstream.requests(), 0);
  });

  it("with more streams at once than it was told has those refused that are too many", async () => {
    await using upstream = await openSilent();
    await using scene = await openHttpScene({ to: upstream.port });
    await using frames = await openFrames(scene.port);
    for (let stream = 1; stream < 2 * 150; stream += 2) {
      frames.write(frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, stream, BLOCK));
    }
    const refused = await frames.waitFor(({ type }) => type === FRAME.reset || type === FRAME.goaway);
    assert.ok(refused !== undefined);
    await stillServes(scene.port);
    assert.ok(upstream.requests() <= 101, `${upstream.requests()} requests`);
  });

  it("with more streams than it was told again and again is cut off", async () => {
    await using upstream = await openSilent();
    await using scene = await openHttpScene({ to: upstream.port });
    await using frames = await openFrames(scene.port);
    const over = closed(frames.socket);
    let stream = 1;
    // A hundred are there, two hundred more are refused.
    for (; stream < 2 * 300; stream += 2) {
      frames.write(frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, stream, BLOCK));
    }
    await over;
    await stillServes(scene.port);
  });

  it("with fields that are none is cut off after a hundred of them", async () => {
    await using upstream = await openSilent();
    await using scene = await openHttpScene({ to: upstream.port });
    await using frames = await openFrames(scene.port);
    const over = closed(frames.socket);
    const block = fieldBlock([...HEAD, ["Upper Case", "x"]]);
    for (let stream = 1; stream < 2 * 300; stream += 2) {
      frames.write(frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, stream, block));
    }
    await over;
    assert.equal(upstream.requests(), 0);
    await stillServes(scene.port);
  });

  it("with a window of nothing cannot make the gateway keep what the upstream sends", async () => {
    let written = 0;
    await using upstream = await openHttpUpstream((request, response) => {
      if (request.url === "/ok") {
        response.end("ok");
        return;
      }
      const write = (): void => {
        while (response.write(Buffer.alloc(65_536))) written += 65_536;
        response.once("drain", write);
      };
      write();
    });
    await using scene = await openHttpScene({ to: upstream.port, config: { idleTimeoutMs: 500 } });
    await using frames = await openFrames(scene.port);
    // SETTINGS_INITIAL_WINDOW_SIZE: 0
    frames.write(frame(FRAME.settings, 0, 0, Buffer.from([0, 4, 0, 0, 0, 0])));
    for (let stream = 1; stream < 20; stream += 2) {
      frames.write(frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, stream, BLOCK));
    }
    assert.ok(
      (await frames.waitFor(({ type }) => type === FRAME.reset || type === FRAME.goaway)) !== undefined,
    );
    assert.ok(written < 100 * MEGABYTE, `${written} bytes`);
    await stillServes(scene.port);
  });
});
