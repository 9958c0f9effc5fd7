import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { costlyChain, longExponentAuthority } from "./support/costly-chain.ts";
import {
  certificateMessage,
  clientHello12,
  inRecords,
  message,
  record,
  sendRaw,
} from "./support/flight-bytes.ts";
import { openScene } from "./support/scene.ts";

const HANDSHAKE = 22;
const CERTIFICATE = 11;
const SERVER_HELLO = 2;

describe("a chain of costly signatures behind a ClientHello", () => {
  const authority = longExponentAuthority();
  const long = certificateMessage(costlyChain(authority, 57).cert);
  const short = certificateMessage(costlyChain(authority, 4).cert);
  const hello = clientHello12();
  // As if its end were a message: certificates, and none of them.
  const decoy = message(CERTIFICATE, Buffer.alloc(3));
  const torn = clientHello12(decoy);
  const [front, end] = [torn.subarray(0, -decoy.length), torn.subarray(-decoy.length)];

  const ways: Readonly<Record<string, Buffer>> = {
    "in records of its own": Buffer.concat([inRecords(hello), inRecords(long)]),
    "in one record with it": inRecords(Buffer.concat([hello, long])),
    "in one record with its end, which looks like a message": Buffer.concat([
      record(HANDSHAKE, front),
      inRecords(Buffer.concat([end, long])),
    ]),
    ...Object.fromEntries(
      [1, 2, 3, 4].map((size) => [
        `that begins with a record of ${size} bytes`,
        Buffer.concat([
          record(HANDSHAKE, hello.subarray(0, size)),
          record(HANDSHAKE, hello.subarray(size)),
          inRecords(short),
        ]),
      ]),
    ),
    "in records of 100 bytes": inRecords(Buffer.concat([hello, long]), 100),
  };

  for (const [way, bytes] of Object.entries(ways)) {
    it(`is refused before it is verified, ${way}`, async () => {
      await using scene = await openScene();
      await sendRaw(scene.port, bytes);
      assert.deepEqual([scene.guard.stats.refused, scene.guard.stats.timedOut], [1, 0]);
    });
  }

  it("is refused, though nothing was agreed on, without harm to the server", async () => {
    await using scene = await openScene();
    await sendRaw(scene.port, record(HANDSHAKE, message(SERVER_HELLO, Buffer.alloc(4000))));
    assert.equal(scene.guard.stats.refused, 1);
  });
});
