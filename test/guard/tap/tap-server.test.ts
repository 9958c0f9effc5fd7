import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describe, it } from "node:test";
import type tls from "node:tls";
import { connect, openTapped, readAll } from "../support/tapped-server.ts";

const MIB = 1024 * 1024;

describe("the flow through a tap", () => {
  it("passes the bytes of 200 parallel connections both ways, and hears each with its own secrets", async () => {
    await using tapped = await openTapped(true, { allowHalfOpen: true });
    const { server, port, heard } = tapped;
    server.on("secureConnection", (socket) => {
      const answer = randomBytes(100_000);
      const hash = createHash("sha256");
      socket.on("data", (chunk: Buffer) => hash.update(chunk));
      socket.on("end", () => socket.end(Buffer.concat([hash.digest(), sha256Of(answer)])));
      socket.write(answer);
    });
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, async (_, number) => {
        const question = randomBytes(100_000 + number);
        const socket = connect(port, { maxVersion: number % 2 === 0 ? "TLSv1.3" : "TLSv1.2" });
        socket.end(question);
        const received = await readAll(socket);
        const [answer, theirs, ours] = [
          received.subarray(0, 100_000),
          received.subarray(100_000, 100_032),
          received.subarray(100_032),
        ];
        return theirs.equals(sha256Of(question)) && ours.equals(sha256Of(answer));
      }),
    );
    assert.deepEqual(new Set(outcomes), new Set([true]));
    assert.equal(new Set(heard.map(({ id }) => id)).size, 200);
    for (const { in: read, lines } of heard) {
      const clientRandom = Buffer.concat(read).subarray(11, 43).toString("hex");
      assert.ok(lines.length > 0);
      assert.deepEqual(new Set(lines.map((line) => line.split(" ")[1])), new Set([clientRandom]));
    }
  });

  it("holds back a client that sends faster than the server reads", async () => {
    await using tapped = await openTapped(true);
    const accepted = once(tapped.server, "secureConnection");
    const client = connect(tapped.port);
    const endless = pipeline(Readable.from(zeros(64)), client).catch(() => undefined);
    const [socket] = (await accepted) as [tls.TLSSocket];
    let last = -1;
    const heard = (): number => tapped.heard[0]?.in.reduce((sum, { length }) => sum + length, 0) ?? 0;
    while (heard() !== last) {
      last = heard();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.ok(heard() < 2 * MIB, `${heard()} bytes were read`);
    let received = 0;
    for await (const chunk of socket as AsyncIterable<Buffer>) received += chunk.length;
    assert.equal(received, 64 * MIB);
    await endless;
  });

  it("holds back a server that sends faster than the client reads", async () => {
    await using tapped = await openTapped(true);
    let produced = 0;
    tapped.server.on("secureConnection", (socket) => {
      const source = Readable.from(zeros(64, () => (produced += MIB)));
      pipeline(source, socket).catch(() => undefined);
    });
    const client = connect(tapped.port, { highWaterMark: 1024 });
    client.pause();
    await once(client, "secureConnect");
    let last = -1;
    while (produced !== last) {
      last = produced;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.ok(produced < 32 * MIB, `${produced} bytes were written`);
    let received = 0;
    client.on("data", (chunk: Buffer) => (received += chunk.length));
    client.resume();
    await once(client, "close");
    assert.equal(received, 64 * MIB);
  });
});

function sha256Of(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}

function* zeros(mebibytes: number, onChunk: () => void = () => undefined): Generator<Buffer> {
  for (let count = 0; count < mebibytes; count++) {
    onChunk();
    yield Buffer.alloc(MIB);
  }
}
