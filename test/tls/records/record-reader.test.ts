import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { RecordReader } from "../../../src/tls/records/record-reader.ts";
import { RFC_8448 } from "../../vectors/rfc8448.ts";
import { byteByByte, cut } from "../messages/support/chunks.ts";
import { concat, record, text } from "../messages/support/encode.ts";
import { malformed, valueOrMalformed } from "../messages/support/malformed.ts";
import { cpuMs } from "../../support/cpu-time.ts";
import { propertyRuns } from "../../support/property-runs.ts";

const HANDSHAKE = 22;
/** RFC 8446 §5.1, §5.2, RFC 5246 §6.2.3. */
const MAX_PLAINTEXT_LENGTH = 2 ** 14;
const MAX_TLS13_CIPHERTEXT_LENGTH = MAX_PLAINTEXT_LENGTH + 256;
const MAX_TLS12_CIPHERTEXT_LENGTH = MAX_PLAINTEXT_LENGTH + 2048;

interface Seen {
  readonly type: number;
  readonly version: number;
  readonly offset: number;
  readonly bytes: string;
}

function readAll(chunks: readonly Uint8Array[], reader = new RecordReader()): readonly Seen[] {
  return chunks.flatMap((chunk) =>
    Array.from(reader.read(chunk), ({ type, version, header, fragment, offset }) => {
      return { type, version, offset, bytes: Buffer.concat([header, fragment]).toString("hex") };
    }),
  );
}

/** The records up to an error, and the error. */
function readUntilError(chunks: readonly Uint8Array[]): readonly unknown[] {
  const seen: unknown[] = [];
  const reader = new RecordReader();
  try {
    for (const chunk of chunks)
      for (const { type, fragment } of reader.read(chunk))
        seen.push(type, Buffer.from(fragment).toString("hex"));
  } catch (error) {
    assert.ok(error instanceof Error);
    seen.push(error.message);
  }
  return seen;
}

const records = fc.array(
  fc.record({ type: fc.integer({ min: 20, max: 24 }), fragment: fc.uint8Array({ maxLength: 600 }) }),
  { minLength: 1, maxLength: 8 },
);

describe("record reader", () => {
  for (const { section, records: traced } of RFC_8448) {
    it(`reads the records of RFC 8448 §${section}`, () => {
      for (const side of ["client", "server"]) {
        const sent = traced.filter(({ from }) => from === side).map(({ bytes }) => bytes);
        const seen = readAll(byteByByte(concat(...sent)));
        assert.deepEqual(
          seen.map(({ bytes }) => bytes),
          sent.map((bytes) => Buffer.from(bytes).toString("hex")),
        );
      }
    });
  }

  it("gives type, version, offset, header and fragment", () => {
    const reader = new RecordReader();
    const bytes = concat(record(HANDSHAKE, [1, 2, 3], 0x0301), record(21, [2, 46]));
    const [first, second] = reader.read(bytes);
    assert.deepEqual(first, {
      type: 22,
      version: 0x0301,
      header: Uint8Array.of(22, 3, 1, 0, 3),
      fragment: Uint8Array.of(1, 2, 3),
      offset: 0,
    });
    assert.equal(second?.offset, 8);
    assert.equal(first?.fragment.buffer, bytes.buffer, "a view, not a copy");
  });

  it("gives the same records however the stream is cut", () => {
    fc.assert(
      fc.property(records, fc.array(fc.nat(), { maxLength: 20 }), (list, places) => {
        const bytes = concat(...list.map(({ type, fragment }) => record(type, fragment)));
        const seen = readAll(cut(bytes, places));
        assert.deepEqual(seen, readAll([bytes]));
        assert.equal(seen.length, list.length);
      }),
    );
  });

  it("gives the same records and then the same error however a hostile stream is cut", () => {
    fc.assert(
      fc.property(records, fc.uint8Array(), fc.array(fc.nat()), (list, garbage, places) => {
        const bytes = concat(...list.map(({ type, fragment }) => record(type, fragment)), garbage);
        assert.deepEqual(readUntilError(cut(bytes, places)), readUntilError([bytes]));
      }),
    );
  });

  it("throws only our error for random bytes, and holds back no more than a record", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 2000 })), (chunks) => {
        const reader = new RecordReader();
        for (const chunk of chunks) valueOrMalformed(() => Array.from(reader.read(chunk)));
        assert.ok(reader.pending <= 5 + MAX_TLS12_CIPHERTEXT_LENGTH);
      }),
      { numRuns: propertyRuns(2_000) },
    );
  });

  it("takes records as long as TLS 1.2 allows, and tighter bounds when told", () => {
    assert.equal(readAll([record(23, new Uint8Array(MAX_TLS12_CIPHERTEXT_LENGTH))]).length, 1);
    const tooLong = record(23, new Uint8Array(MAX_TLS12_CIPHERTEXT_LENGTH + 1));
    assert.throws(() => readAll([tooLong]), malformed("record.length at byte 3: 18433 is more than 18432"));
    const reader = new RecordReader();
    reader.maxFragmentLength = MAX_TLS13_CIPHERTEXT_LENGTH;
    assert.equal(readAll([record(23, new Uint8Array(MAX_TLS13_CIPHERTEXT_LENGTH))], reader).length, 1);
    reader.maxFragmentLength = MAX_PLAINTEXT_LENGTH;
    const next = record(23, new Uint8Array(MAX_TLS13_CIPHERTEXT_LENGTH));
    assert.throws(
      () => readAll([next], reader),
      malformed("record.length at byte 16648: 16640 is more than 16384"),
    );
  });

  it("heeds a bound that is set between two records of one chunk", () => {
    const reader = new RecordReader();
    const chunk = concat(record(22, [1]), record(23, new Uint8Array(20)));
    assert.throws(() => {
      for (const { type } of reader.read(chunk)) if (type === 22) reader.maxFragmentLength = 10;
    }, malformed("record.length at byte 9: 20 is more than 10"));
  });

  for (const [bytes, message] of [
    ["GET / HTTP/1.1\r\n", "record at byte 0: an HTTP request, not TLS"],
    ["POST /x HTTP/1.1\r\n", "record at byte 0: an HTTP request, not TLS"],
    ["HTTP/1.1 400 Bad Request\r\n", "record at byte 0: an HTTP response, not TLS"],
    ["PRI * HTTP/2.0\r\n", "record at byte 0: HTTP/2 without TLS, not TLS"],
    ["SSH-2.0-OpenSSH_9.2\r\n", "record at byte 0: SSH, not TLS"],
    ["PROXY TCP4 192.0.2.1", "record at byte 0: a PROXY protocol header, not TLS"],
    ["\r\n\r\n\0\r\nQUIT\n", "record at byte 0: a PROXY protocol header, not TLS"],
    ["EHLO example.org\r\n", "record at byte 0: SMTP, not TLS"],
    ["\x80\x2e\x04\x00\x01", "record at byte 0: an SSL 2.0 ServerHello, not TLS"],
    ["hello", "record.type at byte 0: 104 is no content type of TLS"],
    ["\x16\x02\x00\x00\x00", "record.legacy_record_version at byte 1: 2 is no major version of TLS"],
  ] as const) {
    it(`says of ${JSON.stringify(bytes)}: ${message.replace(/^.*?: /, "")}`, () => {
      assert.throws(() => readAll([text(bytes)]), malformed(message));
      assert.throws(() => readAll(byteByByte(text(bytes))), malformed(message));
    });
  }

  it("does not guess at a protocol in the middle of a stream", () => {
    const bytes = concat(record(22, [1]), text("GET / HTTP/1.1"));
    assert.throws(() => readAll([bytes]), malformed("record.type at byte 6: 71 is no content type of TLS"));
  });

  it("throws the same error again for what comes after it", () => {
    const reader = new RecordReader();
    const expected = malformed("record.type at byte 0: 104 is no content type of TLS");
    assert.throws(() => readAll([text("hello")], reader), expected);
    assert.throws(() => readAll([record(22, [1])], reader), expected);
  });

  it("says at the end that a record was cut short", () => {
    const reader = new RecordReader();
    readAll([concat(record(22, [1]), record(22, [1, 2, 3]).subarray(0, 6))], reader);
    assert.equal(reader.pending, 6);
    assert.throws(() => reader.end(), malformed("record at byte 6: the stream ends 6 bytes into a record"));
    const whole = new RecordReader();
    readAll([record(22, [1])], whole);
    whole.end();
  });

  it("reads a megabyte that comes byte by byte in time that grows with its length", () => {
    const bytes = concat(...Array.from({ length: 64 }, () => record(23, new Uint8Array(16_000))));
    const started = cpuMs();
    assert.equal(readAll(byteByByte(bytes)).length, 64);
    assert.ok(cpuMs() - started < 30_000);
  });
});
