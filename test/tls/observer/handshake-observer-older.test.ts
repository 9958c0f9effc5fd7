import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TraceProblem } from "../../../src/tls/observer/trace-message.ts";
import { observeChunks } from "../differential/support/observed.ts";
import {
  type Bytes,
  clientHello,
  concat,
  extension,
  message,
  RANDOM,
  record,
  text,
  uint,
  vector,
} from "../messages/support/encode.ts";

const SSL_3 = 0x0300;
const TLS_1_2 = 0x0303;
const ENCRYPTED = Uint8Array.from({ length: 40 }, (_, index) => (index * 37) % 256);

interface Choice {
  readonly version: number;
  readonly suite: number;
  readonly compression?: number;
  readonly extensions?: Bytes;
}

describe("HandshakeObserver, of what it does not decrypt", () => {
  for (const [what, choice, said] of [
    ["TLS 1.0", { version: 0x0301, suite: 0x002f }, "not decrypted: TLS 1.0"],
    ["TLS 1.1", { version: 0x0302, suite: 0x002f }, "not decrypted: TLS 1.1"],
    ["SSL 3.0", { version: SSL_3, suite: 0x000a }, "not decrypted: SSL 3.0"],
    ["RC4", { version: TLS_1_2, suite: 0x0005 }, "not decrypted: TLS_RSA_WITH_RC4_128_SHA"],
    ["3DES", { version: TLS_1_2, suite: 0x000a }, "not decrypted: TLS_RSA_WITH_3DES_EDE_CBC_SHA"],
    ["an unknown suite", { version: TLS_1_2, suite: 0xeeee }, "not decrypted: unknown cipher suite 0xeeee"],
    ["an unknown version", { version: 0x0399, suite: 0x002f }, "not decrypted: unknown version 0x0399"],
    ["compression", { version: TLS_1_2, suite: 0x002f, compression: 1 }, "compressed, not read: DEFLATE"],
  ] as const) {
    it(`reads ${what} as far as it is clear, and says why no further`, () => {
      const { messages, problems } = observeChunks(handshake(choice), keyLog());
      const read = messages.filter(({ contentType }) => contentType !== 256);
      assert.deepEqual(
        read.map(({ messageType }) => messageType),
        [1, 2, 11, 14, 16, 257, 257],
      );
      assert.ok(read.every(({ parsed, contentType }) => contentType === 20 || parsed !== undefined));
      assert.deepEqual(saidOf(problems), [`unread: ${said}`, `unread: ${said}`]);
    });
  }

  it("says of an unknown version that hides its types that it is one", () => {
    const choice = { version: TLS_1_2, suite: 0x1301, extensions: extension(43, uint(2, 0x7f17)) };
    const { problems } = observeChunks(
      [
        ["client", record(22, message(1, clientHello()))],
        ["server", concat(record(22, hello(choice)), record(20, [1]), record(23, ENCRYPTED))],
      ],
      keyLog(),
    );
    assert.deepEqual(saidOf(problems), ["unread: not decrypted: unknown version 0x7f17"]);
  });

  it("passes over a message that is longer than what may be held back, says so, and goes on", () => {
    const certificate = message(11, vector(3, vector(3, new Uint8Array(300_000))));
    const flight = concat(hello({ version: TLS_1_2, suite: 0x002f }), certificate, message(14, []));
    const chunks = Array.from({ length: Math.ceil(flight.length / 16_000) }, (_, index) =>
      record(22, flight.subarray(index * 16_000, (index + 1) * 16_000)),
    );
    const { messages, problems } = observeChunks(
      [
        ["client", record(22, message(1, clientHello()))],
        ...chunks.map((bytes) => ["server", bytes] as const),
      ],
      "",
    );
    const told = messages.filter(({ contentType, direction }) => contentType === 22 && direction === "write");
    assert.deepEqual(
      told.map(({ messageType, data, parsed }) => [messageType, data.length, parsed?.name]),
      [
        [2, 42, "server_hello"],
        [11, 4, undefined],
        [14, 4, "server_hello_done"],
      ],
    );
    assert.deepEqual(saidOf(problems), ["unread: a certificate of more than 262144 bytes was passed over"]);
  });

  it("reads a ClientHello in the form of SSL 2.0", () => {
    const challenge = RANDOM.subarray(0, 16);
    const specs = concat(uint(3, 0x2f), uint(3, 0x010080), uint(3, 0x0a));
    const body = concat(
      [1],
      uint(2, 0x0301),
      uint(2, specs.length),
      uint(2, 0),
      uint(2, 16),
      specs,
      challenge,
    );
    const bytes = concat(uint(2, 0x8000 + body.length), body);
    for (const chunks of [[bytes], Array.from(bytes, (_, index) => bytes.subarray(index, index + 1))]) {
      const { messages, problems } = observeChunks(
        chunks.map((chunk) => ["client", chunk] as const),
        "",
      );
      assert.deepEqual(problems, []);
      const [header, hello2, ...others] = messages;
      assert.deepEqual(others, []);
      assert.deepEqual([header?.version, header?.data.length], ["SSLv2", 2]);
      assert.deepEqual([hello2?.version, hello2?.data], ["TLSv1", body]);
      assert(hello2?.parsed?.name === "client_hello");
      assert.deepEqual(hello2.parsed.message.cipherSuites, [0x2f, 0x0a]);
      assert.deepEqual(
        Buffer.from(hello2.parsed.message.random),
        Buffer.concat([new Uint8Array(16), challenge]),
      );
    }
  });

  it("says what is wrong with a ClientHello in the form of SSL 2.0", () => {
    const body = concat([1], uint(2, 0x0301), uint(2, 9), uint(2, 0), uint(2, 0));
    const { messages, problems } = observeChunks([["client", concat(uint(2, 0x8009), body)]], "");
    assert.equal(messages.length, 1);
    assert.match(problems[0]?.message ?? "", /^ssl2_client_hello\.cipher_specs at byte 9: needs 9, has 0/);
  });

  it("reads hellos of SSL 3.0 that have something behind them, and its key exchange without a length", () => {
    const odd = concat(clientHello({ version: SSL_3, suites: [0x0a] }), text("anything"));
    const encrypted = Uint8Array.from({ length: 128 }, () => 0xee);
    const { messages, problems } = observeChunks(
      [
        ["client", record(22, message(1, odd), SSL_3)],
        ["server", record(22, hello({ version: SSL_3, suite: 0x0a }), SSL_3)],
        ["client", record(22, concat(message(16, encrypted), message(15, vector(2, encrypted))), SSL_3)],
      ],
      "",
    );
    assert.deepEqual(problems, []);
    const exchange = messages.find(({ messageType }) => messageType === 16);
    assert(exchange?.parsed?.name === "client_key_exchange");
    assert.equal(exchange.version, "SSLv3");
    assert.deepEqual(exchange.parsed.message.keyExchange, encrypted);
    const verify = messages.find(({ messageType, contentType }) => contentType === 22 && messageType === 15);
    assert(verify?.parsed?.name === "certificate_verify");
    assert.deepEqual(verify.parsed.message, { algorithm: undefined, signature: encrypted });
  });
});

function hello({ version, suite, compression = 0, extensions }: Choice): Uint8Array {
  const fields = concat(uint(2, version), RANDOM, vector(1), uint(2, suite), [compression]);
  return message(2, extensions === undefined ? fields : concat(fields, vector(2, extensions)));
}

/** With an RSA key exchange, up to what comes behind the ChangeCipherSpecs. */
function handshake(choice: Choice): readonly (readonly ["client" | "server", Uint8Array])[] {
  const { version } = choice;
  const keys = version === SSL_3 ? ENCRYPTED : vector(2, ENCRYPTED);
  const end = concat(record(20, [1], version), record(22, ENCRYPTED, version));
  return [
    ["client", record(22, message(1, clientHello({ version })), 0x0301)],
    ["server", record(22, concat(hello(choice), message(11, vector(3)), message(14, [])), version)],
    ["client", concat(record(22, message(16, keys), version), end)],
    ["server", end],
  ];
}

function keyLog(): string {
  return `CLIENT_RANDOM ${Buffer.from(RANDOM).toString("hex")} ${"ab".repeat(48)}`;
}

function saidOf(problems: readonly TraceProblem[]): readonly string[] {
  return problems.map(({ kind, message: problem }) => `${kind}: ${problem}`);
}
