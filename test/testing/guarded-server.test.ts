import assert from "node:assert/strict";
import { once } from "node:events";
import http2 from "node:http2";
import https from "node:https";
import type { TLSSocket } from "node:tls";
import { describe, it } from "node:test";
import { peerOf } from "../../src/guard/connection/peer-of.ts";
import { guardedServer, openMemoryStore, testClient, testClock } from "../../src/testing/index.ts";

const HOUR_MS = 3_600_000;

function greet(socket: TLSSocket): void {
  socket.end(`hello ${peerOf(socket)?.name}`);
}

describe("a guarded server of a test", () => {
  it("answers a client that it meets, over a real handshake", async () => {
    await using server = await guardedServer((request, response) => {
      const peer = peerOf(request);
      response.setHeader("met", String(peer?.firstUse));
      response.end(`${request.method} ${request.url} by ${peer?.name}`);
    });
    const anna = await testClient("anna");
    const first = await anna.fetch(server, "/hello?a=b");
    assert.deepEqual([first.status, first.headers.get("met")], [200, "true"]);
    assert.equal(await first.text(), "GET /hello?a=b by anna");
    const second = await anna.fetch(server, "/", { method: "DELETE" });
    assert.deepEqual([second.headers.get("met"), await second.text()], ["false", "DELETE / by anna"]);
    assert.match(server.url, /^https:\/\/127\.0\.0\.1:\d+$/);
  });

  it("is given bodies and headers, and gives back empty answers", async () => {
    await using server = await guardedServer((request, response) => {
      request.pipe(response.setHeader("echo", request.headers["x-word"] ?? ""));
    });
    const anna = await testClient("anna");
    const answer = await anna.fetch(server, "/", {
      method: "POST",
      body: "twelve",
      headers: { "x-word": "w" },
    });
    assert.deepEqual([answer.headers.get("echo"), await answer.text()], ["w", "twelve"]);
    await using empty = await guardedServer((_, response) => response.writeHead(204).end());
    assert.equal((await anna.fetch(empty)).status, 204);
  });

  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
    it(`tells why a client is refused, in ${maxVersion}`, async () => {
      await using server = await guardedServer(undefined, { policy: { firstUse: "ask" } });
      const [anna, impostor] = await Promise.all([testClient("anna"), testClient("anna")]);
      assert.equal(await anna.refusalBy(server, { maxVersion }), "pending");
      await server.operator.approve(anna.pin);
      assert.equal(await anna.refusalBy(server, { maxVersion }), null);
      assert.equal(await impostor.refusalBy(server, { maxVersion }), "key-changed");
      await server.operator.revoke("anna");
      const details = { reason: "revoked", detail: null, alert: "certificate_revoked", pin: anna.pin };
      const refused = { code: "ERR_HANDCLASP_REFUSED", details };
      await assert.rejects(anna.connect(server, { maxVersion }), refused);
    });
  }

  it("knows whom it is introduced to, by another name and in groups", async () => {
    await using server = await guardedServer(
      (request, response) => void response.end(JSON.stringify(peerOf(request))),
      { policy: { firstUse: "refuse" } },
    );
    const anna = await testClient("anna");
    await server.introduce(anna, { name: "Annika", groups: ["lab", "admins"] });
    assert.partialDeepStrictEqual(await (await anna.fetch(server)).json(), {
      name: "Annika",
      groups: ["admins", "lab"],
      keyId: anna.keyId,
    });
  });

  it("lives by a clock that is moved: approvals end, and open connections with them", async () => {
    const clock = testClock(Date.UTC(2030, 0, 1));
    await using server = await guardedServer(undefined, { clock });
    const anna = await testClient("anna");
    await server.introduce(anna);
    await server.operator.approve(anna.pin, { expires: clock.now() + HOUR_MS });
    const socket = await anna.connect(server);
    const closed = once(socket, "close");
    clock.advance(HOUR_MS - 1);
    assert.equal(await anna.refusalBy(server), null);
    clock.advance(1);
    await closed;
    assert.equal(await anna.refusalBy(server), "expired");
    clock.advance(-1);
    assert.equal(await anna.refusalBy(server), null);
  });

  it("speaks HTTP/2, too", async () => {
    await using server = await guardedServer(
      (request, response) => void response.end(`${request.httpVersion} ${peerOf(request)?.name}`),
      { protocol: "http2" },
    );
    const anna = await testClient("anna");
    assert.equal(await (await anna.fetch(server)).text(), "1.1 anna");
    const socket = await anna.connect(server, { ALPNProtocols: ["h2"] });
    const session = http2.connect(server.url, { createConnection: () => socket });
    const stream = session.request({ ":path": "/" });
    stream.setEncoding("utf8");
    let said = "";
    for await (const chunk of stream) said += String(chunk);
    session.destroy();
    assert.equal(said, "2.0 anna");
  });

  it("hands on connections that are no HTTP", async () => {
    await using server = await guardedServer(greet, { protocol: "tls" });
    const socket = await (await testClient("bert")).connect(server);
    let said = "";
    for await (const chunk of socket.setEncoding("utf8")) said += String(chunk);
    assert.equal(said, "hello bert");
  });

  it("may be one that was made elsewhere, before a store that stays open", async () => {
    await using store = openMemoryStore();
    const app = https.createServer((request, response) => response.end(peerOf(request)?.name));
    const anna = await testClient("anna");
    {
      await using server = await guardedServer(app, { store });
      assert.equal(server.server, app);
      assert.equal(await (await anna.fetch(server)).text(), "anna");
    }
    assert.equal(store.key(anna.pin)?.peer, "anna");
  });

  it("keeps pending clients on where they are received", async () => {
    await using server = await guardedServer(undefined, {
      policy: { firstUse: "ask" },
      guard: { dangerouslyReceivePending: (socket) => void socket.end("wait") },
    });
    const socket = await (await testClient("anna")).connect(server);
    let said = "";
    for await (const chunk of socket.setEncoding("utf8")) said += String(chunk);
    assert.equal(said, "wait");
  });

  it("lets clients in that show what it never asks for", async () => {
    await using server = await guardedServer(
      (request, response) => void response.end(String(peerOf(request)?.name)),
      { guard: { clientCertificate: "none" } },
    );
    assert.equal(await (await (await testClient("anna")).fetch(server)).text(), "undefined");
  });

  it("cannot be reached once it has closed", async () => {
    const server = await guardedServer();
    const { port } = server;
    await server.close();
    await server.close();
    const anna = await testClient("anna");
    const closed = Object.create(server, { port: { value: port } }) as typeof server;
    await assert.rejects(anna.connect(closed), { code: "ERR_HANDCLASP_CONNECT" });
  });

  it("takes no option that there is not, and no handler that is none", async () => {
    await assert.rejects(guardedServer(undefined, { polici: {} } as object), {
      code: "ERR_HANDCLASP_OPTION",
    });
    await assert.rejects(guardedServer(5 as never), { code: "ERR_HANDCLASP_OPTION" });
  });
});
