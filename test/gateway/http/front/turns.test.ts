import assert from "node:assert/strict";
import { once } from "node:events";
import type http from "node:http";
import { describe, it } from "node:test";
import { closed } from "../../../guard/support/closed.ts";
import { connectRaw, exchangeRaw, openHttpScene } from "../../support/http-scene.ts";
import { openHttpUpstream, type Upstream } from "../../support/http-upstream.ts";

const get = (path: string, more = ""): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;

/** The next request that comes to an upstream, whose answer is up to the test. */
async function asked({ server }: Upstream): Promise<[http.IncomingMessage, http.ServerResponse]> {
  return (await once(server, "request")) as [http.IncomingMessage, http.ServerResponse];
}

/** Another client is served as ever. */
async function assertGoesOn(port: number, upstream: Upstream): Promise<void> {
  const answer = exchangeRaw(port, get("/other", "Connection: close\r\n"));
  const [{ url }, response] = await asked(upstream);
  assert.equal(url, "/other");
  response.end("fine");
  assert.match(await answer, /^HTTP\/1\.1 200 .*fine/s);
}

describe("requests that a client sends without waiting for answers", () => {
  it("reach the upstream one after the other, as if it had waited", async () => {
    const order: string[] = [];
    await using upstream = await openHttpUpstream(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      order.push(`${request.url} asked${body}`);
      setImmediate(() => {
        order.push(`${request.url} answered`);
        response.end(`${request.url};`);
      });
    });
    await using scene = await openHttpScene({ to: upstream.port });
    const answer = await exchangeRaw(
      scene.port,
      `POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n body${get("/2")}` +
        "POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n body\r\n0\r\n\r\n" +
        get("/4", "Connection: close\r\n"),
    );
    assert.deepEqual(answer.match(/\/\d;/g), ["/1;", "/2;", "/3;", "/4;"]);
    const bodies = [" body", "", " body", ""];
    const expected = bodies.flatMap((body, at) => [`/${at + 1} asked${body}`, `/${at + 1} answered`]);
    assert.deepEqual(order, expected);
  });

  it("may be a hundred; the connection of one that asks for thousands of things is closed", async () => {
    let count = 0;
    await using upstream = await openHttpUpstream((_request, response) => {
      count += 1;
      response.end();
    });
    await using scene = await openHttpScene({ to: upstream.port });
    await exchangeRaw(scene.port, get("/").repeat(100) + get("/", "Connection: close\r\n"));
    assert.equal(count, 101);
    assert.equal(await exchangeRaw(scene.port, get("/").repeat(5000)), "");
    assert.ok(count <= 102, `${count - 101} at once`);
  });

  it("do not begin behind an answer that says it is the last", async () => {
    await using upstream = await openHttpUpstream(() => undefined);
    await using scene = await openHttpScene({ to: upstream.port });
    const first = asked(upstream);
    const answers = exchangeRaw(scene.port, get("/1") + get("/2"));
    const [, response] = await first;
    const others: unknown[] = [];
    upstream.server.on("request", ({ url }: http.IncomingMessage, other: http.ServerResponse) => {
      others.push(url);
      other.end();
    });
    scene.proxy.drain();
    response.end("one");
    assert.match(await answers, /^HTTP\/1\.1 200 .*Connection: close\r\n.*one/s);
    await exchangeRaw(scene.port, get("/other", "Connection: close\r\n"));
    assert.deepEqual(others, ["/other"]);
  });

  it("are forgotten when the client goes away, and the first is given up at the upstream", async () => {
    await using upstream = await openHttpUpstream(() => undefined);
    await using scene = await openHttpScene({ to: upstream.port });
    const socket = await connectRaw(scene.port);
    const first = asked(upstream);
    socket.write(get("/1") + get("/2"));
    await first;
    const [connection] = upstream.connections;
    assert.ok(connection);
    const gone = closed(connection);
    socket.destroy();
    await gone;
    await assertGoesOn(scene.port, upstream);
  });

  for (const [name, second] of [
    ["an upgrade", get("/2", "Connection: Upgrade\r\nUpgrade: echo\r\n")],
    ["an upgrade that would be refused", "GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"],
    ["a tunnel", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"],
  ] as const) {
    it(`are answered when ${name} is behind them, which is none there`, async () => {
      await using upstream = await openHttpUpstream(() => undefined);
      await using scene = await openHttpScene({ to: upstream.port });
      const socket = await connectRaw(scene.port);
      let received = "";
      socket.on("data", (chunk: Buffer) => (received += chunk.toString()));
      const first = asked(upstream);
      socket.write(get("/1"));
      const [, response] = await first;
      upstream.server.on("request", (_request, late: http.ServerResponse) => late.end("second"));
      socket.write(second);
      // What is behind that comes to nobody: it may be the middle of something.
      socket.write(get("/3"));
      response.end("first".repeat(100_000));
      await closed(socket);
      const answers = received.split(/(?=HTTP\/1\.1 \d{3} )/);
      assert.match(answers[0] ?? "", /^HTTP\/1\.1 200 /);
      assert.ok(answers[0]?.endsWith(`\r\n\r\n${"first".repeat(100_000)}`));
      assert.ok(answers.length <= 2);
      if (answers.length === 2) assert.match(answers[1] ?? "", /^HTTP\/1\.1 [24]00 .*Connection: close/s);
      assert.equal(
        scene.events.filter((event) => event.type === "exchanged" && event.target === "/3").length,
        0,
      );
    });
  }

  it("are read no further behind one for a protocol that it does not get, whatever came in one piece", async () => {
    const seen: unknown[] = [];
    await using upstream = await openHttpUpstream(({ url, headers }, response) => {
      seen.push([url, headers.upgrade]);
      response.end("fine");
    });
    for (const head of [
      "Upgrade: h2c\r\n",
      "Upgrade: echo\r\nTransfer-Encoding: chunked\r\n",
      "Upgrade: tls/1.2\r\n",
    ]) {
      seen.length = 0;
      await using scene = await openHttpScene({ to: upstream.port });
      const socket = await connectRaw(scene.port);
      let received = "";
      socket.on("data", (chunk: Buffer) => (received += chunk.toString()));
      const isChunked = head.includes("chunked");
      const declined = get("/1", `Connection: Upgrade\r\n${head}`) + (isChunked ? "0\r\n\r\n" : "");
      socket.write(`${declined}GET /2 HTTP/1.1\r\nHost: a\r\nX-Value: `);
      // The value of that field, if it were read as one.
      socket.write("GET /admin HTTP/1.1\r\nHost: a\r\n\r\n");
      await closed(socket);
      assert.deepEqual(seen, [["/1", undefined]]);
      assert.match(received, /^HTTP\/1\.1 200 .*Connection: close\r\n.*fine$/s);
    }
  });

  it("without a Host are refused in their turn, whatever is behind them", async () => {
    await using upstream = await openHttpUpstream(() => undefined);
    await using scene = await openHttpScene({ to: upstream.port });
    const bare = "GET / HTTP/1.1\r\n\r\n";
    assert.match(
      await exchangeRaw(scene.port, bare.replace("\r\n\r", "\r\nConnection: close\r\n\r")),
      /^HTTP\/1\.1 400 /,
    );
    assert.equal(
      scene.events.filter((event) => event.type === "exchanged" && event.status === 400).length,
      1,
    );
    await exchangeRaw(scene.port, bare + get("/2", "Connection: Upgrade\r\nUpgrade: echo\r\n"));
    await assertGoesOn(scene.port, upstream);
  });
});
