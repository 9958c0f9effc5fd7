import assert from "node:assert/strict";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import { readFrom } from "../../../src/guard/tap/tap-reading.ts";
import { openPair } from "../support/open-pair.ts";

describe("readFrom", () => {
  it("reads a socket into memory that all share, and gives copies", async () => {
    const [client, accepted] = await openPair();
    const chunks: Buffer[] = [];
    readFrom(accepted, (bytes) => chunks.push(bytes));
    const buffer = Object.getOwnPropertySymbols(accepted).find(
      ({ description }) => description === "kBuffer",
    );
    assert.ok(buffer !== undefined, "this Node has other sockets: every read takes 64 KiB again");
    assert.ok(Reflect.get(accepted, buffer) instanceof Uint8Array);
    for (const text of ["one", "two", "six"]) {
      client.write(text);
      while (Buffer.concat(chunks).toString().slice(-3) !== text) await new Promise(setImmediate);
    }
    assert.equal(Buffer.concat(chunks).toString(), "onetwosix");
    client.end();
    await once(accepted, "end");
    accepted.destroy();
  });

  it("stops while the socket is paused, and loses nothing", async () => {
    const [client, accepted] = await openPair();
    const chunks: Buffer[] = [];
    readFrom(accepted, (bytes) => {
      chunks.push(bytes);
      accepted.pause();
      setImmediate(() => accepted.resume());
    });
    const sent = Buffer.alloc(1_000_000, "handclasp ");
    client.end(sent);
    await once(accepted, "end");
    assert.ok(Buffer.concat(chunks).equals(sent));
    accepted.destroy();
  });

  it("gives what was read before in front of what comes", async () => {
    const [client, accepted] = await openPair();
    client.write("one");
    await once(accepted, "readable");
    accepted.unshift(accepted.read() as Buffer);
    const chunks: Buffer[] = [];
    readFrom(accepted, (bytes) => chunks.push(bytes));
    accepted.resume();
    client.end("two");
    await once(accepted, "end");
    assert.equal(Buffer.concat(chunks).toString(), "onetwo");
    accepted.destroy();
  });

  it("reads streams that are no sockets", async () => {
    const stream = new PassThrough();
    const chunks: Buffer[] = [];
    readFrom(stream, (bytes) => chunks.push(bytes));
    stream.end("one");
    await once(stream, "end");
    assert.equal(Buffer.concat(chunks).toString(), "one");
  });
});
