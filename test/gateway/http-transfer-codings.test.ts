import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { exchangeRaw, openHttpScene } from "./support/http-scene.ts";
import { openTcpUpstream } from "./support/http-upstream.ts";

const CLOSE = "Host: a\r\nConnection: close\r\n";
const ZIPPED = gzipSync("hello").toString("latin1");
const CHUNK = `${ZIPPED.length.toString(16)}\r\n${ZIPPED}\r\n0\r\n\r\n`;

describe("a coding that is for one hop", () => {
  it("is refused in a request with 501, and the upstream hears nothing", async () => {
    await using upstream = await openTcpUpstream(() => undefined);
    await using scene = await openHttpScene({ to: upstream.port });
    for (const coding of ["gzip, chunked", "GZIP, Chunked", "identity, chunked"]) {
      const request = `POST / HTTP/1.1\r\n${CLOSE}Transfer-Encoding: ${coding}\r\n\r\n${CHUNK}`;
      assert.match(await exchangeRaw(scene.port, request), /^HTTP\/1\.1 501 /, coding);
    }
    assert.equal(upstream.connections.length, 0);
  });

  it("makes an answer 502, whatever the request; chunks in any spelling are none", async () => {
    let coding = "";
    await using upstream = await openTcpUpstream((socket) => {
      socket.on("data", (chunk) => {
        if (!chunk.toString("latin1").endsWith("\r\n\r\n")) return;
        socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: ${coding}\r\n\r\n${CHUNK}`, "latin1");
      });
    });
    await using scene = await openHttpScene({ to: upstream.port });
    const upgrade = "Connection: Upgrade\r\nUpgrade: x\r\n";
    for (const request of [
      `GET / HTTP/1.1\r\n${CLOSE}\r\n`,
      `PUT / HTTP/1.1\r\n${CLOSE}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: a\r\n${upgrade}\r\n`,
    ]) {
      coding = "gzip, chunked";
      assert.match(await exchangeRaw(scene.port, request), /^HTTP\/1\.1 502 /);
      coding = "Chunked";
      assert.match(await exchangeRaw(scene.port, request), /^HTTP\/1\.1 200 /);
    }
  });
});
