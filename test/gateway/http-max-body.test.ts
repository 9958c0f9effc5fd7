import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { connectRaw, exchangeRaw, finish, openHttpScene, openSession } from "./support/http-scene.ts";
import { openH2cUpstream, openHttpUpstream, type Upstream } from "./support/http-upstream.ts";

const MOST = 100_000;
const config = { maxBodyBytes: MOST };

/** What an upstream got of the requests that reached it: how many bytes, and whether that was all. */
interface Uploads {
  readonly upstream: Upstream;
  readonly got: { readonly bytes: number; readonly isWhole: boolean }[];
  /** Resolves when so many are over. */
  readonly over: (count: number) => Promise<void>;
}

async function openUploads(protocol: "http" | "h2c"): Promise<Uploads> {
  const got: Uploads["got"] = [];
  const waiting = new Set<() => void>();
  const keep = (bytes: number, isWhole: boolean): void => {
    got.push({ bytes, isWhole });
    for (const wake of waiting) wake();
  };
  const upstream =
    protocol === "http"
      ? await openHttpUpstream((request, response) => {
          let bytes = 0;
          request.on("data", (chunk: Buffer) => (bytes += chunk.length));
          request.on("error", () => undefined);
          request.on("end", () => response.end(`took ${bytes}`));
          request.on("close", () => keep(bytes, request.complete));
        })
      : await openH2cUpstream((stream) => {
          let bytes = 0;
          stream.on("data", (chunk: Buffer) => (bytes += chunk.length));
          stream.on("end", () => {
            if (stream.rstCode !== 0 || stream.aborted) return;
            stream.respond({ ":status": 200 });
            stream.end(`took ${bytes}`);
          });
          stream.on("close", () => keep(bytes, !stream.aborted && stream.rstCode === 0));
        });
  return {
    upstream,
    got,
    over: async (count) => {
      while (got.length < count) {
        const { promise, resolve } = Promise.withResolvers<void>();
        waiting.add(resolve);
        await promise;
        waiting.delete(resolve);
      }
    },
  };
}

/** A request without the end of its body. */
function begun(...sizes: readonly number[]): string {
  const chunks = sizes.map((size) => `${size.toString(16)}\r\n${"x".repeat(size)}\r\n`);
  return `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunks.join("")}`;
}

function chunked(...sizes: readonly number[]): string {
  return `${begun(...sizes)}0\r\n\r\n`;
}

function sized(length: number, more = ""): string {
  return `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n${more}\r\n`;
}

for (const protocol of ["http", "h2c"] as const) {
  describe(`a body longer than max_body, for an upstream that speaks ${protocol}`, () => {
    it("is 413 by its Content-Length, before the upstream is asked or the client sends it", async () => {
      const { upstream } = await openUploads(protocol);
      await using _ = upstream;
      await using scene = await openHttpScene({ to: upstream.port, protocol, config });
      for (const more of ["", "Expect: 100-continue\r\n", "Connection: Upgrade\r\nUpgrade: other\r\n"]) {
        const answer = await exchangeRaw(scene.port, sized(MOST + 1, more));
        assert.match(answer, /^HTTP\/1\.1 413 [\s\S]*connection: close\r\n/i, more);
        assert.equal(answer.split("HTTP/1.1").length, 2, "nothing else was answered");
      }
      await using session = openSession(scene.port);
      const stream = session.request({ ":method": "POST", ":path": "/", "content-length": MOST + 1 });
      const { status, resetCode } = await finish(stream);
      assert.deepEqual([status, resetCode], [413, 0]);
      assert.equal(upstream.connections.length, 0);
    });

    it("is 413 by what came of it, and no end of it reaches the upstream", async () => {
      const { upstream, got, over } = await openUploads(protocol);
      await using _ = upstream;
      await using scene = await openHttpScene({ to: upstream.port, protocol, config });
      const answer = await exchangeRaw(scene.port, begun(MOST, 1));
      assert.match(answer, /^HTTP\/1\.1 413 [\s\S]*connection: close\r\n/i);
      await using session = openSession(scene.port);
      const stream = session.request({ ":method": "POST", ":path": "/" });
      stream.write("x".repeat(MOST));
      stream.end("x");
      const { status, resetCode } = await finish(stream);
      assert.deepEqual([status, resetCode], [413, 0]);
      // What is refused before the upstream was asked for it never gets there; what got there broke off.
      await over(2);
      assert.deepEqual(
        got.map(({ isWhole, bytes }) => isWhole || bytes > MOST),
        [false, false],
      );
      const again = session.request({ ":method": "POST", ":path": "/" });
      again.end("x");
      assert.equal((await finish(again)).body, "took 1", "the session goes on");
    });

    it("is one byte more than what is taken", async () => {
      const { upstream, got } = await openUploads(protocol);
      await using _ = upstream;
      await using scene = await openHttpScene({ to: upstream.port, protocol, config });
      const socket = await connectRaw(scene.port);
      socket.setEncoding("latin1");
      let text = "";
      socket.on("data", (chunk: string) => (text += chunk));
      socket.write(chunked(MOST - 1, 1));
      while (text.match(/took/g)?.length !== 1) await once(socket, "data");
      socket.write(sized(MOST) + "x".repeat(MOST));
      while (text.match(/took/g)?.length !== 2) await once(socket, "data");
      socket.destroy();
      await using session = openSession(scene.port);
      const stream = session.request({ ":method": "POST", ":path": "/" });
      stream.end("x".repeat(MOST));
      assert.equal((await finish(stream)).body, `took ${MOST}`);
      assert.deepEqual(
        got.map(({ bytes }) => bytes),
        [MOST, MOST, MOST],
      );
    });
  });
}

describe("a body longer than max_body", () => {
  it("is no other request, whether all of it has come or not", async () => {
    const asked: string[] = [];
    const upstream = await openHttpUpstream((request, response) => {
      asked.push(request.url ?? "");
      request.resume();
      response.end();
    });
    await using _ = upstream;
    await using scene = await openHttpScene({ to: upstream.port, config: { maxBodyBytes: 10 } });
    const inside = "GET /inside HTTP/1.1\r\nHost: a\r\n\r\n";
    const next = "GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    const chunk = `${inside.length.toString(16)}\r\n${inside}\r\n`;
    for (const sent of [
      `${sized(inside.length)}${inside}${next}`,
      `${sized(inside.length + 1)}${inside}`,
      `${begun()}${chunk}0\r\n\r\n${next}`,
      `${begun()}${chunk}`,
    ]) {
      assert.match(await exchangeRaw(scene.port, sent), /^HTTP\/1\.1 413 /);
    }
    // Whether there is a next one depends on how much of the body had come by then.
    assert.deepEqual(
      asked.filter((path) => path !== "/" && path !== "/next"),
      [],
    );
  });

  it("cuts an answer that has begun, which would look whole else", async () => {
    const upstream = await openHttpUpstream((request, response) => {
      request.on("error", () => undefined);
      request.once("data", () => response.write("early"));
    });
    await using _ = upstream;
    await using scene = await openHttpScene({ to: upstream.port, config });
    const socket = await connectRaw(scene.port);
    socket.setEncoding("latin1");
    let text = "";
    socket.on("data", (chunk: string) => (text += chunk));
    socket.write(begun(5));
    while (!text.includes("early")) await once(socket, "data");
    const closed = once(socket, "close");
    socket.write(`${MOST.toString(16)}\r\n${"x".repeat(MOST)}\r\n0\r\n\r\n`);
    await closed;
    assert.match(text, /^HTTP\/1\.1 200 /);
    assert.doesNotMatch(text, /0\r\n\r\n$/);
  });
});
