import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import * as fc from "fast-check";
import { isHandclaspError } from "../../../src/errors.ts";
import { HandshakeObserver } from "../../../src/tls/observer/handshake-observer.ts";
import { parseKeyLog } from "../../../src/tls/keys/key-log.ts";
import type { TraceMessage, TraceProblem } from "../../../src/tls/observer/trace-message.ts";
import { type Chunks, lines, observeChunks } from "../differential/support/observed.ts";
import { record } from "../messages/support/encode.ts";
import { clientWith, versatileServer } from "../support/connection-options.ts";
import { recordConnection } from "../support/recorded-connection.ts";
import { propertyRuns } from "../../support/property-runs.ts";

const RUNS = propertyRuns(5_000);
const MAX_BYTES = 20_000;

interface Recorded {
  readonly chunks: Chunks;
  readonly keyLog: string;
}

describe("HandshakeObserver, given any bytes", () => {
  const recorded: Recorded[] = [];
  before(async () => {
    const server = await versatileServer();
    for (const options of [
      { minVersion: "TLSv1.3" },
      { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" },
      { maxVersion: "TLSv1.2", ciphers: "ECDHE-RSA-AES256-SHA384" },
    ] as const) {
      const { chunks, keyLog } = await recordConnection(server, clientWith(options));
      recorded.push({ chunks: chunks.map(({ from, bytes }) => [from, bytes]), keyLog });
    }
  });

  it("tells the same however the bytes are cut", () => {
    const run = fc.property(
      fc.nat(2),
      fc.infiniteStream(fc.integer({ min: 1, max: 3_000 })),
      (index, sizes) => {
        const { chunks, keyLog } = recorded[index] ?? { chunks: [], keyLog: "" };
        const whole = observeChunks(chunks, keyLog);
        const cut = observeChunks([...cutChunks(chunks, sizes)], keyLog);
        assert.deepEqual(lines(cut.messages), lines(whole.messages));
        assert.deepEqual(cut.problems, []);
      },
    );
    fc.assert(run, { numRuns: Math.ceil(RUNS / 50) });
  });

  it("says what is wrong with mutated bytes, and stays within its bounds", () => {
    const mutation = fc.record({
      at: fc.nat(),
      kind: fc.constantFrom("flip", "remove", "repeat", "insert", "swap"),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
    });
    const run = fc.property(
      fc.nat(2),
      fc.array(mutation, { minLength: 1, maxLength: 4 }),
      fc.constantFrom("early", "late", "never"),
      (index, mutations, secrets) => {
        const { chunks, keyLog } = recorded[index] ?? { chunks: [], keyLog: "" };
        const mutated = mutations.reduce(mutate, chunks);
        assertBounded(mutated, keyLog, secrets);
      },
    );
    fc.assert(run, { numRuns: RUNS });
  });

  it("says what is wrong with bytes that are no TLS, and with records of anything", () => {
    const anything = fc.uint8Array({ maxLength: 200 });
    const records = fc
      .tuple(fc.integer({ min: 20, max: 24 }), anything)
      .map(([type, fragment]) => record(type, fragment));
    const chunk = fc.tuple(
      fc.constantFrom("client" as const, "server" as const),
      fc.oneof({ weight: 1, arbitrary: anything }, { weight: 4, arbitrary: records }),
    );
    const run = fc.property(fc.array(chunk, { maxLength: 12 }), (chunks) => {
      assertBounded(chunks, recorded[0]?.keyLog ?? "", "early");
    });
    fc.assert(run, { numRuns: RUNS });
  });
});

/** Feeds all of it; nothing but our own errors may come of it. */
function assertBounded(chunks: Chunks, keyLog: string, secrets: "early" | "late" | "never"): void {
  const messages: TraceMessage[] = [];
  const problems: TraceProblem[] = [];
  const observer = new HandshakeObserver({
    connection: "hostile",
    now: () => 0,
    maxBytes: MAX_BYTES,
    onMessage: (message) => messages.push(message),
    onProblem: (problem) => problems.push(problem),
  });
  const { entries } = parseKeyLog(keyLog);
  const tell = (): void => {
    for (const { label, clientRandom, secret } of entries) observer.secret(label, clientRandom, secret);
  };
  if (secrets === "early") tell();
  for (const [from, bytes] of chunks) {
    if (from === "client") observer.read(bytes);
    else observer.wrote(bytes);
    assert.ok(observer.held <= MAX_BYTES);
  }
  if (secrets === "late") tell();
  observer.end();
  assert.equal(observer.held, 0);
  const size = chunks.reduce((sum, [, bytes]) => sum + bytes.length, 0);
  assert.ok(problems.length <= 2 + size / 4);
  for (const { error, kind } of problems) {
    if (kind === "malformed") assert.ok(isHandclaspError(error, "ERR_HANDCLASP_MALFORMED"));
  }
}

function* cutChunks(chunks: Chunks, sizes: Iterator<number>): Generator<Chunks[number]> {
  for (const [from, bytes] of chunks) {
    for (let at = 0; at < bytes.length;) {
      const size = Number(sizes.next().value);
      yield [from, bytes.subarray(at, at + size)];
      at += size;
    }
  }
}

interface Mutation {
  readonly at: number;
  readonly kind: string;
  readonly bytes: Uint8Array;
}

function mutate(chunks: Chunks, { at, kind, bytes }: Mutation): Chunks {
  const index = at % chunks.length;
  const chosen = chunks[index];
  if (chosen === undefined) return chunks;
  const [from, chunk] = chosen;
  const place = (at >>> 3) % (chunk.length + 1);
  const rest = chunk.subarray(place);
  const become = (...parts: readonly Uint8Array[]): Chunks =>
    chunks.with(index, [from, Buffer.concat([chunk.subarray(0, place), ...parts])]);
  switch (kind) {
    case "flip":
      return become(
        bytes.subarray(0, rest.length).map((byte, offset) => byte ^ (rest[offset] ?? 0)),
        rest.subarray(bytes.length),
      );
    case "remove":
      return become(rest.subarray(bytes.length));
    case "repeat":
      return become(rest.subarray(0, bytes.length), rest);
    case "insert":
      return become(bytes, rest);
    default:
      return chunks.with(index, [from === "client" ? "server" : "client", chunk]);
  }
}
