import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import * as fc from "fast-check";
import { HandshakeObserver } from "../../../src/tls/observer/handshake-observer.ts";
import { parseKeyLog } from "../../../src/tls/keys/key-log.ts";
import type { TraceMessage, TraceProblem } from "../../../src/tls/observer/trace-message.ts";
import { propertyRuns } from "../../support/property-runs.ts";
import { lines, observeChunks } from "../differential/support/observed.ts";
import {
  clientHello,
  concat,
  message,
  record,
  serverHello,
  uint,
  vector,
} from "../messages/support/encode.ts";
import { clientWith, versatileServer } from "../support/connection-options.ts";
import { recordConnection, type RecordedChunk } from "../support/recorded-connection.ts";

type From = "client" | "server";

/** Bytes of one side, or how many of them nobody captured. */
interface Piece {
  readonly from: From;
  readonly bytes: Uint8Array;
  readonly isLost?: boolean;
}

interface Recorded {
  readonly pieces: readonly Piece[];
  readonly keyLog: string;
}

/** Of a TCP segment. */
const SEGMENT = 1_000;
const HEADER = 256;
const APPLICATION_DATA = 23;

describe("HandshakeObserver, given a part of what was sent", () => {
  const recorded: Record<string, Recorded> = {};
  before(async () => {
    const server = await versatileServer();
    for (const [name, options] of Object.entries({
      "TLS 1.3": { minVersion: "TLSv1.3" },
      "AES-GCM of TLS 1.2": { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" },
      "ChaCha20 of TLS 1.2": { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-CHACHA20-POLY1305" },
      "CBC of TLS 1.2": { maxVersion: "TLSv1.2", ciphers: "ECDHE-RSA-AES256-SHA384" },
    } as const)) {
      const { chunks, keyLog } = await recordConnection(server, clientWith(options));
      recorded[name] = { pieces: chunks.flatMap(segments), keyLog };
    }
  });

  for (const name of ["TLS 1.3", "AES-GCM of TLS 1.2", "ChaCha20 of TLS 1.2", "CBC of TLS 1.2"]) {
    it(`decrypts ${name} on after any one lost packet of the client's application data`, () => {
      const { pieces, keyLog } = recorded[name] ?? assert.fail();
      const full = lines(observe(pieces, keyLog).messages);
      const data = pieces.flatMap(({ from, bytes }, index) =>
        from === "client" && bytes.length === SEGMENT && index > pieces.length / 4 ? [index] : [],
      );
      // Behind the last record's header there is none to go on at.
      for (const lost of data.slice(0, 8)) {
        const told = observe(lose(pieces, [lost]), keyLog);
        assert.deepEqual(
          told.problems.map(({ kind, message: problem }) => `${kind}: ${problem}`),
          [`truncated: ${SEGMENT} bytes are missing`],
        );
        assert.deepEqual(lines(told.messages).slice(-3), full.slice(-3));
      }
    });

    it(`invents nothing of ${name}, whatever is lost`, () => {
      const { pieces, keyLog } = recorded[name] ?? assert.fail();
      const known = new Set(lines(observe(pieces, keyLog).messages));
      const sizes = fc.array(fc.nat(pieces.length - 1), { minLength: 1, maxLength: 6 });
      const run = fc.property(sizes, fc.boolean(), (losses, isKnown) => {
        const { messages, problems } = observe(lose(pieces, losses), isKnown ? keyLog : "");
        for (const told of messages.filter(isWhole))
          assert.ok(lines([told]).every((line) => known.has(line)));
        assert.deepEqual(
          problems.filter(({ kind }) => kind === "malformed" || kind === "unread"),
          [],
        );
      });
      fc.assert(run, { numRuns: propertyRuns(300) });
    });
  }

  it("reads on behind a hole in a certificate, and tells of it what there is", () => {
    const certificate = message(11, vector(3, vector(3, new Uint8Array(3_000).fill(7))));
    const flight = concat(message(2, hello12()), certificate, message(14, []));
    const bytes = record(22, flight);
    const { messages, problems } = observe(
      [
        { from: "client", bytes: record(22, message(1, clientHello())) },
        { from: "server", bytes: bytes.subarray(0, 1_000) },
        { from: "server", bytes: bytes.subarray(1_000, 2_000), isLost: true },
        { from: "server", bytes: bytes.subarray(2_000) },
      ],
      "",
    );
    const told = messages.filter(({ contentType, direction }) => contentType === 22 && direction === "write");
    assert.deepEqual(
      told.map(({ messageType, data, parsed }) => [messageType, data.length, parsed?.name]),
      [
        [2, 44, "server_hello"],
        [11, 4, undefined],
        [14, 4, "server_hello_done"],
      ],
    );
    assert.deepEqual(said(problems), ["write truncated: 1000 bytes are missing"]);
  });

  it("finds the ChangeCipherSpec among what is missing", () => {
    const { pieces, keyLog } = recorded["AES-GCM of TLS 1.2"] ?? assert.fail();
    const whole = observe(pieces, keyLog).messages;
    const bytes = Buffer.concat(pieces.filter(({ from }) => from === "server").map((piece) => piece.bytes));
    const at = bytes.indexOf(Buffer.from("140303000101", "hex"));
    const server: Piece[] = [
      { from: "server", bytes: bytes.subarray(0, at) },
      { from: "server", bytes: bytes.subarray(at, at + 6), isLost: true },
      { from: "server", bytes: bytes.subarray(at + 6) },
    ];
    const client = pieces.filter(({ from }) => from === "client");
    const { messages, problems } = observe([...client.slice(0, 1), ...server, ...client.slice(1)], keyLog);
    assert.deepEqual(said(problems), ["write truncated: 6 bytes are missing"]);
    assert.deepEqual(ofServer(messages), ofServer(whole));
  });

  it("takes what follows a ChangeCipherSpec for ciphertext where no hello was seen", () => {
    const encrypted = concat(
      new Uint8Array(8),
      Uint8Array.from({ length: 32 }, (_, index) => index * 7),
    );
    for (const from of ["client", "server"] as const) {
      const bytes = concat(record(20, [1]), record(22, encrypted), record(21, encrypted.subarray(0, 26)));
      const { messages, problems } = observe([{ from, bytes }], "");
      assert.deepEqual(
        messages.filter(({ contentType }) => contentType !== HEADER).map(({ contentType }) => contentType),
        [20],
      );
      assert.deepEqual(
        problems.map(({ kind, message: problem }) => `${kind}: ${problem}`),
        ["undecryptable: records cannot be decrypted without a ServerHello, which is missing"],
      );
    }
  });

  it("reads the second ClientHello behind the ChangeCipherSpec that means nothing in TLS 1.3", () => {
    const hello = record(22, message(1, clientHello()));
    const { messages, problems } = observe([{ from: "client", bytes: concat(record(20, [1]), hello) }], "");
    assert.equal(messages.at(-1)?.parsed?.name, "client_hello");
    assert.deepEqual(problems, []);
  });

  it("tells the clear messages of TLS 1.2 by one side alone, as the record's version has them", () => {
    const signature = concat(vector(2, new Uint8Array(64)));
    for (const version of [0x0303, 0x0302]) {
      const verify = version === 0x0303 ? concat(uint(2, 0x0403), signature) : signature;
      const bytes = concat(
        record(22, message(1, clientHello()), 0x0301),
        record(22, message(11, vector(3)), version),
        record(22, message(16, vector(2, new Uint8Array(128))), version),
        record(22, message(15, verify), version),
        record(20, [1], version),
        record(22, new Uint8Array(40), version),
      );
      const { messages, problems } = observe([{ from: "client", bytes }], "");
      assert.deepEqual(
        messages.flatMap(({ parsed }) => (parsed === undefined ? [] : [parsed.name])),
        ["client_hello", "certificate", "client_key_exchange", "certificate_verify"],
      );
      assert.equal(messages.at(-3)?.version, version === 0x0303 ? "TLSv1.2" : "TLSv1.1");
      assert.deepEqual(said(problems), [
        "read undecryptable: records cannot be decrypted without a ServerHello, which is missing",
      ]);
    }
  });

  it("does not wait for a ServerHello that was lost", () => {
    const told: TraceMessage[] = [];
    const observer = new HandshakeObserver({
      connection: "c",
      now: () => 0,
      onMessage: (next) => told.push(next),
    });
    observer.read(record(22, message(1, clientHello())));
    observer.read(record(22, message(11, vector(3))));
    assert.equal(told.at(-1)?.messageType, 1);
    observer.gap("write", 900);
    assert.equal(told.at(-1)?.messageType, 11);
  });

  it("finds its way into a connection that was open already", () => {
    const { pieces, keyLog } = recorded["TLS 1.3"] ?? assert.fail();
    const bytes = Buffer.concat(pieces.filter(({ from }) => from === "client").map((piece) => piece.bytes));
    const { messages, problems } = observe(
      [
        { from: "client", bytes: new Uint8Array(), isLost: true },
        { from: "client", bytes: bytes.subarray(2_000) },
      ],
      keyLog,
    );
    assert.ok(messages.length > 0);
    assert.deepEqual(
      new Set(messages.map(({ contentType, messageType }) => `${contentType} ${messageType}`)),
      new Set([`${HEADER} ${APPLICATION_DATA}`]),
    );
    assert.deepEqual(problems, []);
  });

  it("says of hundreds of gaps how many bytes they come to", () => {
    const pieces = Array.from({ length: 300 }, (): readonly Piece[] => {
      const bytes = record(23, new Uint8Array(500));
      return [
        { from: "client", bytes: bytes.subarray(0, 100) },
        { from: "client", bytes: bytes.subarray(100), isLost: true },
      ];
    }).flat();
    const { messages, problems } = observe(pieces, "");
    assert.equal(messages.length, 300);
    assert.ok(problems.length < 12);
    const sum = problems.reduce((total, { message: problem }) => total + Number.parseInt(problem, 10), 0);
    assert.equal(sum, 300 * 405);
  });
});

function ofServer(told: readonly TraceMessage[]): readonly string[] {
  return lines(told).filter((line) => line.startsWith("write") && !/^write (?:256|20) (?:20|257)/.test(line));
}

function hello12(): Uint8Array {
  return serverHello([]);
}

function segments({ from, bytes }: RecordedChunk): readonly Piece[] {
  const count = Math.ceil(bytes.length / SEGMENT);
  return Array.from({ length: count }, (_, index) => {
    return { from, bytes: bytes.subarray(index * SEGMENT, (index + 1) * SEGMENT) };
  });
}

function lose(pieces: readonly Piece[], which: readonly number[]): readonly Piece[] {
  return pieces.map((piece, index) => (which.includes(index) ? { ...piece, isLost: true } : piece));
}

function observe(
  pieces: readonly Piece[],
  keyLog: string,
): { readonly messages: readonly TraceMessage[]; readonly problems: readonly TraceProblem[] } {
  if (pieces.every(({ isLost }) => isLost !== true))
    return observeChunks(
      pieces.map(({ from, bytes }) => [from, bytes]),
      keyLog,
    );
  const messages: TraceMessage[] = [];
  const problems: TraceProblem[] = [];
  const observer = new HandshakeObserver({
    connection: "the connection",
    now: () => 0,
    onMessage: (told) => messages.push(told),
    onProblem: (problem) => problems.push(problem),
  });
  for (const { label, clientRandom, secret } of parseKeyLog(keyLog).entries)
    observer.secret(label, clientRandom, secret);
  for (const { from, bytes, isLost } of pieces) {
    if (isLost === true) observer.gap(from === "client" ? "read" : "write", bytes.length);
    else if (from === "client") observer.read(bytes);
    else observer.wrote(bytes);
  }
  observer.end();
  assert.equal(observer.held, 0);
  return { messages, problems };
}

/** Of a message that is not, only the header is told. */
function isWhole({ contentType, data }: TraceMessage): boolean {
  return contentType !== 22 || data.length !== 4 || data[3] === 0;
}

function said(problems: readonly TraceProblem[]): readonly string[] {
  return problems.map(({ direction, kind, message: problem }) => `${direction} ${kind}: ${problem}`);
}
