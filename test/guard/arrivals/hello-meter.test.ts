import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { array, assert as assertAll, boolean, integer, property } from "fast-check";
import { HelloMeter } from "../../../src/guard/arrivals/hello-meter.ts";
import { clientHello12, inRecords, message, record } from "../support/flight-bytes.ts";

const HANDSHAKE = 22;
const SPEC = record(20, Buffer.of(1));

describe("what belongs to a client's hellos", () => {
  const hello = clientHello12(Buffer.alloc(300));
  const flight = inRecords(message(11, Buffer.alloc(500)));

  it("is told however they are cut into records, and however those arrive", () => {
    assertAll(
      property(
        integer({ min: 1, max: 500 }),
        boolean(),
        array(integer({ min: 1, max: 700 }), { minLength: 1 }),
        (recordSize, isRepeated, chunkSizes) => {
          const first = inRecords(hello, recordSize);
          const hellos = isRepeated ? Buffer.concat([first, SPEC, first]) : first;
          const meter = new HelloMeter();
          const measured = measure(meter, Buffer.concat([hellos, flight]), chunkSizes);
          assert.deepEqual([measured, meter.isTorn], [hellos.length, false]);
        },
      ),
    );
  });

  it("is no third one", () => {
    const once = inRecords(hello);
    assert.equal(measure(new HelloMeter(), Buffer.concat([once, once, once]), [1000]), 2 * once.length);
  });

  const torn: Readonly<Record<string, Buffer>> = {
    "another message in its last record": record(
      HANDSHAKE,
      Buffer.concat([hello, message(11, Buffer.alloc(9))]),
    ),
    "an alert in between": Buffer.concat([
      record(HANDSHAKE, hello.subarray(0, 50)),
      record(21, Buffer.of(1, 90)),
    ]),
    "an empty record in between": Buffer.concat([
      record(HANDSHAKE, hello.subarray(0, 50)),
      record(HANDSHAKE, Buffer.of()),
    ]),
    "a length that no hello has": record(
      HANDSHAKE,
      Buffer.concat([Buffer.of(1, 0xff, 0, 0), Buffer.alloc(900)]),
    ),
  };
  for (const [what, bytes] of Object.entries(torn)) {
    it(`is torn by ${what}`, () => {
      for (const size of [1, 7, bytes.length]) {
        const meter = new HelloMeter();
        assert.ok(measure(meter, bytes, [size]) <= bytes.length);
        assert.equal(meter.isTorn, true);
      }
    });
  }

  it("is no change of ciphers with anything else in its record", () => {
    const before = inRecords(hello);
    const bytes = Buffer.concat([before, record(20, Buffer.of(1, 1)), before]);
    assert.equal(measure(new HelloMeter(), bytes, [1000]), before.length);
  });
});

/** What a meter says of bytes that come in chunks of these sizes, over and over. */
function measure(meter: HelloMeter, bytes: Buffer, sizes: readonly number[]): number {
  let measured = 0;
  let pending = Buffer.alloc(0);
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    const chunk = Buffer.concat([pending, bytes.subarray(at, at + size)]);
    at += size;
    const length = meter.measure(chunk);
    measured += length;
    pending = meter.waits ? chunk.subarray(length) : Buffer.alloc(0);
  }
  return measured;
}
