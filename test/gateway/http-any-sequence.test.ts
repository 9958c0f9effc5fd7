import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { closed } from "../guard/support/closed.ts";
import { connectRaw, exchangeRaw, openHttpScene } from "./support/http-scene.ts";
import { openTcpUpstream, type Upstream } from "./support/http-upstream.ts";

const get = (more = ""): string => `GET / HTTP/1.1\r\nHost: a\r\n${more}\r\n`;

/** What a client may send next, in whatever state its connection is. */
const REQUESTS = [
  get(),
  get("Connection: close\r\n"),
  get("Connection: Upgrade\r\nUpgrade: echo\r\n"),
  get("Expect: a miracle\r\n"),
  "GET / HTTP/1.1\r\n\r\n",
  "GET / HTTP/1.0\r\nHost: a\r\n\r\n",
  "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
  "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n",
  "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
  "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
  "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx: 1\r\n\r\n",
  "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n",
  "no request",
] as const;

/** What an upstream may say to whatever it was asked; nothing at all for the last one. */
const ANSWERS = [
  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx: 1\r\n\r\n",
  "HTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 204 Nothing\r\n\r\n",
  "HTTP/1.1 100 Continue\r\n\r\n",
  "HTTP/1.1 101 Fine\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhi",
  "HTTP/1.1 999 Odd\r\nContent-Length: 1\r\n\r\nx",
  "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
  "no answer\r\n\r\n",
  "",
] as const;

function openFickle(answers: readonly string[]): Promise<Upstream> {
  let count = 0;
  return openTcpUpstream((socket) => {
    socket.on("data", () => {
      const answer = answers[count++ % answers.length] ?? "";
      if (answer === "") socket.destroy();
      else socket.write(answer);
    });
  });
}

/** Sends all at once, says nothing more, and is gone; then somebody else comes. */
async function ask(asked: readonly string[], said: readonly string[]): Promise<void> {
  await using upstream = await openFickle(said);
  await using scene = await openHttpScene({ to: upstream.port });
  const socket = await connectRaw(scene.port);
  const [connection] = scene.guard.connections;
  const over = connection === undefined ? Promise.resolve() : closed(connection.socket);
  socket.resume().end(asked.join(""));
  await over;
  const answer = await exchangeRaw(scene.port, "TRACE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  assert.match(answer, /^HTTP\/1\.1 405 /);
}

describe("any sequence of requests on one connection", () => {
  it("leaves the gateway at work, and nothing of it behind when the client is gone", async () => {
    // What Node or the gateway refuses by itself, and what takes the connection over, meet often enough.
    const requests = fc.oneof(fc.constantFrom(...REQUESTS), fc.constantFrom(...REQUESTS.slice(2, 5)));
    const sequences = fc.array(requests, { minLength: 1, maxLength: 5 });
    const answers = fc.array(fc.constantFrom(...ANSWERS), { minLength: 1, maxLength: 4 });
    await fc.assert(fc.asyncProperty(sequences, answers, ask), { numRuns: 200 });
  });
});
