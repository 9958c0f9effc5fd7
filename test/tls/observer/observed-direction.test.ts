import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ObservedDirection } from "../../../src/tls/observer/observed-direction.ts";
import { noHellos } from "../../../src/tls/observer/observed-hellos.ts";
import { ObservedSecrets } from "../../../src/tls/observer/observed-secrets.ts";
import { RecordReader } from "../../../src/tls/records/record-reader.ts";

const [CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, HEADER] = [20, 21, 22, 256];
const HELLO_REQUEST = Uint8Array.of(0, 0, 0, 0);

function record(type: number, fragment: Uint8Array): Uint8Array {
  return Uint8Array.of(type, 3, 3, fragment.length >> 8, fragment.length & 0xff, ...fragment);
}

/** What is told of a server that says these records, behind so many bytes that nobody saw. */
function told(records: readonly Uint8Array[], missing = 0): readonly string[] {
  const lines: string[] = [];
  const direction = new ObservedDirection({
    connection: "c1",
    direction: "write",
    sender: "server",
    hellos: noHellos(),
    secrets: new ObservedSecrets(),
    onMessage: ({ contentType, messageType }) => lines.push(`${contentType}:${messageType}`),
    onProblem: ({ kind, message }) => lines.push(`${kind} ${message}`),
    maxMessageLength: 64,
  });
  const reader = new RecordReader();
  for (const bytes of records) {
    reader.push(bytes);
    for (let next = reader.next(); next !== undefined; next = reader.next()) {
      assert.equal(direction.take(next, { time: 0 }, missing), undefined);
    }
  }
  return lines;
}

describe("what one side says", () => {
  it("is told record by record, and a message once it is whole", () => {
    const halves = [HELLO_REQUEST.subarray(0, 2), HELLO_REQUEST.subarray(2)];
    assert.deepEqual(told(halves.map((half) => record(HANDSHAKE, half))), [
      `${HEADER}:22`,
      `${HEADER}:22`,
      `${HANDSHAKE}:0`,
    ]);
    const two = Uint8Array.of(...HELLO_REQUEST, ...HELLO_REQUEST);
    assert.deepEqual(told([record(HANDSHAKE, two)]), [`${HEADER}:22`, `${HANDSHAKE}:0`, `${HANDSHAKE}:0`]);
  });

  it("is headers alone once something could not be read", () => {
    const bad = record(CHANGE_CIPHER_SPEC, Uint8Array.of(2));
    const [header, problem, ...rest] = told([
      bad,
      record(HANDSHAKE, HELLO_REQUEST),
      record(ALERT, Uint8Array.of(2, 46)),
    ]);
    assert.equal(header, `${HEADER}:20`);
    assert.match(problem ?? "", /^malformed change_cipher_spec/);
    assert.ok(rest.includes(`${HEADER}:22`) && !rest.includes(`${HANDSHAKE}:0`), rest.join());
  });

  it("goes on behind a message that is no more than badly made", () => {
    const bad = Uint8Array.of(0, 0, 0, 1, 7);
    const lines = told([record(HANDSHAKE, bad), record(HANDSHAKE, HELLO_REQUEST)]);
    assert.match(lines[1] ?? "", /^malformed /);
    assert.deepEqual(lines.slice(2), [`${HANDSHAKE}:0`, `${HEADER}:22`, `${HANDSHAKE}:0`]);
  });

  it("passes over a message that is longer than may be kept, and says so", () => {
    const long = Uint8Array.of(11, 0, 0, 100, ...new Uint8Array(100));
    const lines = told([record(HANDSHAKE, long), record(HANDSHAKE, HELLO_REQUEST)]);
    assert.ok(lines.includes("unread a certificate of more than 64 bytes was passed over"), lines.join());
    assert.equal(lines.at(-1), `${HANDSHAKE}:0`);
  });

  it("says what is missing before it says what comes behind", () => {
    const lines = told([record(ALERT, Uint8Array.of(2, 46))], 7);
    assert.deepEqual(lines, ["truncated 7 bytes are missing", `${HEADER}:21`, `${ALERT}:46`]);
  });
});
