import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { describe, it } from "node:test";
import { connect as connectTls } from "node:tls";
import { OpenAdmin } from "../../admin/support/open-admin.ts";
import { OpenGuarded } from "../../admin/support/open-guarded.ts";

/** Less than Node would wait by itself. */
const SOON_MS = 50_000;

function send(socket: Socket, text: string): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const began = performance.now();
  socket.on("error", () => undefined).on("close", () => resolve(performance.now() - began));
  socket.resume().write(text);
  return promise;
}

/** The beginnings of requests that never come. */
function halves(host: string): readonly string[] {
  const body = "Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{";
  return [
    "",
    "GET /v1/se",
    `GET /v1/session HTTP/1.1\r\nHost: ${host}\r\n`,
    `POST /v1/session HTTP/1.1\r\nHost: ${host}\r\nOrigin: http://${host}\r\n${body}`,
  ];
}

describe("clients that hold connections of the page", { concurrency: true }, () => {
  it("and ask for nothing are let go on loopback", async () => {
    await using api = await OpenAdmin.open();
    const { host, port } = new URL(api.origin);
    const held = halves(host).map((half) => send(connect(Number(port), "127.0.0.1"), half));
    for (const ms of await Promise.all(held)) assert.ok(ms < SOON_MS, `${ms} ms`);
  });

  it("and ask for nothing are let go over TLS", async () => {
    await using api = await OpenGuarded.open();
    const to = { host: "127.0.0.1", port: api.port, rejectUnauthorized: false };
    const held = halves(`127.0.0.1:${api.port}`).map((half) => send(connectTls(to), half));
    for (const ms of await Promise.all(held)) assert.ok(ms < SOON_MS, `${ms} ms`);
  });

  it("are so many and no more, and the page is there when they are gone", async () => {
    await using api = await OpenAdmin.open();
    const { port } = new URL(api.origin);
    const sockets = Array.from({ length: 1100 }, () => connect(Number(port), "127.0.0.1"));
    const gone = sockets.map((socket) => send(socket, "GET /v1/se"));
    await Promise.race(gone);
    for (const socket of sockets) socket.destroy();
    await Promise.all(gone);
    assert.equal((await api.ask("/v1/session")).status, 200);
  });
});
