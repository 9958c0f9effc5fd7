import assert from "node:assert/strict";
import { once } from "node:events";
import type http from "node:http";
import type { Duplex } from "node:stream";
import { describe, it } from "node:test";
import { closed } from "../../../guard/support/closed.ts";
import { connectRaw, exchangeRaw, openHttpScene } from "../../support/http-scene.ts";
import { openHttpUpstream, openTcpUpstream, type Upstream } from "../../support/http-upstream.ts";
import { freePort } from "../../../support/free-port.ts";

/** Switches to whatever is asked for, and sends all back. */
function openEcho(): Promise<Upstream> {
  return openHttpUpstream(
    (_request, response) => response.end("no"),
    (server) =>
      server.on("upgrade", (request: http.IncomingMessage, socket, head) => {
        socket.write(
          `HTTP/1.1 101 Fine\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\n\r\nhello `,
        );
        socket.write(head);
        socket.pipe(socket);
      }),
  );
}

describe("an upgrade", () => {
  const ASK = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";

  it("to any protocol passes bytes on, those that came early too, and half-closes", async () => {
    await using upstream = await openEcho();
    await using scene = await openHttpScene({ to: upstream.port });
    const socket = await connectRaw(scene.port);
    socket.setEncoding("latin1");
    let received = "";
    socket.on("data", (text: string) => (received += text));
    socket.write(`${ASK}early `);
    await once(socket, "data");
    socket.end("late");
    await closed(socket);
    assert.match(received, /^HTTP\/1\.1 101 .*upgrade: echo\r\n\r\nhello early late$/is);
  });

  it("that the upstream declines is answered like any request", async () => {
    await using upstream = await openHttpUpstream((_request, response) => response.writeHead(426).end("no"));
    await using scene = await openHttpScene({ to: upstream.port });
    assert.match(await exchangeRaw(scene.port, ASK), /^HTTP\/1\.1 426 .*\r\nno\r\n0\r\n\r\n$|no$/s);
  });

  for (const [name, framing, body] of [
    ["no length", "Transfer-Encoding: chunked", "4\r\nbody\r\n0\r\n\r\n"],
    ["more than is kept", "Content-Length: 20000", "b".repeat(20_000)],
  ] as const) {
    it(`is a request like any other when its body has ${name}, and the upstream hears of no upgrade`, async () => {
      await using upstream = await openHttpUpstream(async (request, response) => {
        const received = Buffer.concat(await request.toArray()).toString();
        response.end(`${received} ${String(request.headers.upgrade)}`);
      });
      await using scene = await openHttpScene({ to: upstream.port });
      const head = `POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n${framing}\r\n\r\n`;
      assert.match(await exchangeRaw(scene.port, head + body), /^HTTP\/1\.1 200 .*b(?:ody)? undefined/s);
    });
  }

  for (const method of ["POST", "PUT", "SEARCH"]) {
    for (const body of ["", '{"Tty":true}']) {
      for (const isInPieces of [false, true]) {
        const name = `${body === "" ? "without" : "with"} a body${isInPieces ? ", in pieces" : ""}`;
        it(`may be asked for by ${method} ${name}, as docker and kubectl do`, async () => {
          let asked = "";
          await using upstream = await openHttpUpstream(
            (_request, response) => response.end("no"),
            (server) =>
              server.on("upgrade", async (request: http.IncomingMessage, socket: Duplex) => {
                const came = Buffer.concat(await request.toArray()).toString();
                asked = `${request.method} ${request.headers.upgrade} ${request.headers["content-length"]} ${came}`;
                socket.write("HTTP/1.1 101 Fine\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nhello ");
                socket.pipe(socket);
              }),
          );
          await using scene = await openHttpScene({ to: upstream.port });
          const socket = await connectRaw(scene.port);
          socket.setEncoding("latin1");
          let received = "";
          socket.on("data", (text: string) => (received += text));
          const fields = "Host: a\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n";
          const length = `Content-Length: ${body.length}\r\n\r\n`;
          const bytes = `${method} /exec HTTP/1.1\r\n${fields}${length}${body}early `;
          if (isInPieces) {
            for (const piece of bytes.match(/.{1,60}/gs) ?? []) {
              socket.write(piece);
              await new Promise((resolve) => setTimeout(resolve, 20));
            }
          } else {
            socket.write(bytes);
          }
          while (!received.includes("early")) await once(socket, "data");
          socket.end("late");
          await closed(socket);
          assert.match(received, /^HTTP\/1\.1 101 .*upgrade: tcp\r\n\r\nhello early late$/is);
          assert.equal(asked, `${method} tcp ${body.length} ${body}`);
        });
      }
    }
  }

  it("gives what its upstream had said before it broke the connection off", async () => {
    const size = 200_000;
    const there = Promise.withResolvers<void>();
    await using upstream = await openTcpUpstream((socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 101 Fine\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
        socket.write("x".repeat(size));
        // What the kernel has not sent goes with the connection.
        void there.promise.then(() => socket.resetAndDestroy());
      });
    });
    await using scene = await openHttpScene({ to: upstream.port });
    const socket = await connectRaw(scene.port);
    let answer = "";
    const said = (): number => /x+$/.exec(answer)?.[0].length ?? 0;
    socket.setEncoding("latin1").on("data", (text: string) => {
      answer += text;
      if (said() === size) there.resolve();
    });
    socket.write(ASK);
    await closed(socket);
    assert.equal(said(), size);
  });

  for (const protocol of ["h2c", "H2C, echo", "HTTP/2.0", "TLS/1.0"]) {
    it(`to ${protocol} is a request like any other: nobody speaks past the gateway to the upstream`, async () => {
      await using upstream = await openEcho();
      await using scene = await openHttpScene({ to: upstream.port });
      const answer = await exchangeRaw(
        scene.port,
        `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: ${protocol}\r\n` +
          "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n",
      );
      assert.match(answer, /^HTTP\/1\.1 200 .*no$/s);
    });
  }

  it("is answered with 502 when the upstream is down", async () => {
    await using scene = await openHttpScene({ to: await freePort() });
    assert.match(await exchangeRaw(scene.port, ASK), /^HTTP\/1\.1 502 /);
  });

  it("does not stop one that sends a request behind it from being refused", async () => {
    await using upstream = await openHttpUpstream((_request, response) => response.end("one"));
    await using scene = await openHttpScene({ to: upstream.port });
    // The second is no request of this connection any more: the upstream declined, and the connection ends.
    const answer = await exchangeRaw(scene.port, `${ASK}GET /two HTTP/1.1\r\nHost: a\r\n\r\n`);
    assert.equal(answer.match(/HTTP\/1\.1/g)?.length, 1);
  });
});
