import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SightingBuffer } from "../../../src/trust/sightings/sighting-buffer.ts";
import type { Refusal } from "../../../src/trust/records/sighting.ts";
import { randomPin } from "../../support/certificates.ts";

const ANNA = randomPin();
const UNKNOWN: Refusal = { reason: "unknown", pin: ANNA, peer: null };

const from = (address: string): { connection: string; remoteAddress: string } => ({
  connection: `c ${address}`,
  remoteAddress: address,
});

describe("what a server has seen between two writes", () => {
  it("is when a key was seen last", () => {
    const buffer = new SightingBuffer();
    assert.equal(buffer.isEmpty, true);
    for (const at of [1, 2, 3]) buffer.seen(ANNA, at);
    assert.equal(buffer.isEmpty, false);
    assert.deepEqual(buffer.drain().seen, [{ pin: ANNA, at: 3 }]);
    assert.equal(buffer.isEmpty, true);
  });

  it("is refusals of one place added up, from the first to the last", () => {
    const buffer = new SightingBuffer();
    for (const at of [1, 2, 3]) buffer.refused(UNKNOWN, from("192.0.2.1"), at);
    buffer.refused(UNKNOWN, from("192.0.2.2"), 4);
    const rows = buffer
      .drain()
      .refusals.map(({ address, firstAt, lastAt, count }) => [address, firstAt, lastAt, count]);
    assert.deepEqual(rows, [
      ["192.0.2.1", 1, 3, 3],
      ["192.0.2.2", 4, 4, 1],
    ]);
  });

  it("is counted together beyond two thousand places, with nobody's name; of another reason a hundred are kept", () => {
    const buffer = new SightingBuffer();
    for (let at = 0; at < 2500; at++) buffer.refused({ ...UNKNOWN, pin: randomPin() }, from("192.0.2.1"), at);
    for (let at = 0; at < 150; at++)
      buffer.refused({ ...UNKNOWN, reason: "revoked", pin: randomPin() }, from("192.0.2.1"), at);
    const { refusals } = buffer.drain();
    const counts = (reason: string): readonly (readonly [boolean, number])[] =>
      refusals
        .filter((each) => each.reason === reason)
        .map(({ pin, count }) => [pin !== null, count] as const);
    assert.equal(counts("unknown").filter(([hasPin]) => hasPin).length, 2000);
    assert.deepEqual(
      counts("unknown").filter(([hasPin]) => !hasPin),
      [[false, 500]],
    );
    assert.equal(counts("revoked").filter(([hasPin]) => hasPin).length, 100);
    assert.deepEqual(
      counts("revoked").filter(([hasPin]) => !hasPin),
      [[false, 50]],
    );
  });

  it("is no connection that was opened and closed between them", () => {
    const buffer = new SightingBuffer();
    const connection = { pin: ANNA, peer: "anna", remoteAddress: "192.0.2.1", listener: null, since: 1 };
    buffer.opened({ ...connection, id: "a" });
    buffer.opened({ ...connection, id: "b" });
    buffer.closed("a");
    buffer.closed("of before");
    const { opened, closed } = buffer.drain();
    assert.deepEqual([opened.map(({ id }) => id), closed], [["b"], ["of before"]]);
  });

  it("takes back what could not be written, and what came since is the newer", () => {
    const buffer = new SightingBuffer();
    buffer.seen(ANNA, 1);
    buffer.refused(UNKNOWN, from("192.0.2.1"), 1);
    const batch = buffer.drain();
    buffer.seen(ANNA, 5);
    buffer.refused(UNKNOWN, from("192.0.2.1"), 5);
    buffer.restore(batch);
    const { seen, refusals } = buffer.drain();
    assert.deepEqual(seen, [{ pin: ANNA, at: 5 }]);
    assert.deepEqual(
      refusals.map(({ firstAt, lastAt, count }) => [firstAt, lastAt, count]),
      [[1, 5, 2]],
    );
  });
});
