import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { CHAINS, KEYS, writeCertificates } from "./support/certificates.ts";
import { asOpensslTells, type Chunks, lines, observeChunks } from "./support/observed.ts";
import {
  connectInPython,
  missingPython,
  type PythonCase,
  type PythonConnection,
} from "./support/python-connections.ts";

const TLS13_SUITES = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "TLS_AES_128_CCM_SHA256",
  "TLS_AES_128_CCM_8_SHA256",
];
/** A suite of each cipher and MAC for either kind of key, and of each key exchange. */
const ECDSA_SUITES = [
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-ECDSA-AES128-CCM",
  "ECDHE-ECDSA-AES256-CCM8",
  "ECDHE-ECDSA-ARIA128-GCM-SHA256",
  "ECDHE-ECDSA-AES128-SHA256",
  "ECDHE-ECDSA-AES256-SHA384",
  "ECDHE-ECDSA-AES128-SHA",
  "ECDHE-ECDSA-NULL-SHA",
];
const RSA_SUITES = [
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-RSA-CHACHA20-POLY1305",
  "ECDHE-RSA-AES256-SHA384",
  "ECDHE-RSA-CAMELLIA128-SHA256",
  "ECDHE-ARIA256-GCM-SHA384",
];
const STATIC_RSA_SUITES = ["AES256-GCM-SHA384", "AES128-CCM8", "AES256-SHA256", "CAMELLIA128-SHA"];
const FFDHE_SUITES = ["DHE-RSA-AES128-GCM-SHA256", "DHE-RSA-AES256-CCM", "DHE-RSA-AES128-SHA256"];
const CLIENTS = ["none", "empty", ...CHAINS];
/** SSL_OP_NO_ENCRYPT_THEN_MAC and SSL_OP_NO_EXTENDED_MASTER_SECRET of OpenSSL 3. */
const NO_ENCRYPT_THEN_MAC = 0x8_0000;
const NO_EXTENDED_MASTER_SECRET = 0x1;

describe("HandshakeObserver beside the message callback of OpenSSL", { skip: missingPython() }, () => {
  const folder = temporaryFolder();
  before(() => writeCertificates(folder));

  for (const suite of TLS13_SUITES)
    it(`tells the same in TLS 1.3 with ${suite}: any key and client certificate, resumed, HelloRetryRequest`, () => {
      const cases = KEYS.flatMap((key) =>
        CLIENTS.flatMap((client): PythonCase[] => {
          const common = { version: "1.3", key, client, resume: true } as const;
          return [common, { ...common, group: "secp384r1" }];
        }),
      );
      const connections = connectInPython(folder, cases, suite);
      assert.equal(connections.length, 2 * cases.length);
      assert.ok(connections.every(({ cipher }) => cipher === suite));
      assert.equal(connections.filter(({ resumed }) => resumed).length, cases.length);
      for (const connection of connections) assertTheSame(connection);
    });

  for (const [kind, keys, suites] of [
    ["ECDSA", ["p256", "p384", "ed25519"], ECDSA_SUITES],
    ["RSA", ["rsa", "rsa-pss"], RSA_SUITES],
    ["RSA", ["rsa"], STATIC_RSA_SUITES],
    ["RSA", ["rsa"], FFDHE_SUITES],
  ] as const)
    it(`tells the same in TLS 1.2 with ${suites[0]} and its like: any ${kind} key and client certificate, resumed`, () => {
      const cases = suites.flatMap((name) =>
        keys.flatMap((key) =>
          CLIENTS.map((client): PythonCase => ({
            version: "1.2",
            suite: `${name}:@SECLEVEL=0`,
            key,
            client,
            resume: true,
            dh: suites === FFDHE_SUITES,
          })),
        ),
      );
      const connections = connectInPython(folder, cases);
      assert.equal(connections.length, 2 * cases.length);
      assert.equal(connections.filter(({ resumed }) => resumed).length, cases.length);
      for (const connection of connections) assertTheSame(connection);
    });

  it("tells the same without encrypt-then-MAC and without the extended master secret", () => {
    for (const suite of ["ECDHE-RSA-AES256-SHA384", "ECDHE-RSA-AES128-GCM-SHA256"]) {
      const options = NO_ENCRYPT_THEN_MAC | NO_EXTENDED_MASTER_SECRET;
      const cases = [{ version: "1.2", key: "rsa", suite, options, resume: true } as const];
      for (const connection of connectInPython(folder, cases)) assertTheSame(connection);
    }
  });

  it("tells the same of a client that is asked for its certificate after the handshake", () => {
    const cases = CLIENTS.filter((client) => client !== "none").map((client): PythonCase => ({
      version: "1.3",
      key: "p256",
      client,
      postHandshake: true,
    }));
    for (const connection of connectInPython(folder, cases)) assertTheSame(connection);
  });

  it("tells the same of handshakes that fail", () => {
    const failures: readonly (readonly [PythonCase, readonly string[]])[] = [
      [
        { version: "1.3", key: "p256", client: "empty", required: true },
        ["TLSV13_ALERT_CERTIFICATE_REQUIRED", "PEER_DID_NOT_RETURN_A_CERTIFICATE"],
      ],
      [
        { version: "1.2", key: "p256", client: "empty", required: true },
        ["SSLV3_ALERT_HANDSHAKE_FAILURE", "PEER_DID_NOT_RETURN_A_CERTIFICATE"],
      ],
      [
        { version: "1.3", key: "p256", clientRefuses: true },
        ["CERTIFICATE_VERIFY_FAILED", "TLSV1_ALERT_UNKNOWN_CA"],
      ],
      [
        { version: "1.2", key: "p256", clientRefuses: true },
        ["CERTIFICATE_VERIFY_FAILED", "TLSV1_ALERT_UNKNOWN_CA"],
      ],
      [
        { version: "1.3", key: "p256", serverVersion: "1.2" },
        ["TLSV1_ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL"],
      ],
      [
        { version: "1.2", key: "p256", suite: "ECDHE-RSA-AES128-GCM-SHA256" },
        ["SSLV3_ALERT_HANDSHAKE_FAILURE", "NO_SHARED_CIPHER"],
      ],
    ];
    const connections = connectInPython(
      folder,
      failures.map(([each]) => each),
    );
    for (const [index, connection] of connections.entries()) {
      assert.deepEqual(connection.errors, failures[index]?.[1]);
      assertTheSame(connection);
    }
  });

  it("tells the same in each direction when the secrets come last, and whatever the chunks", () => {
    const cases = (["1.2", "1.3"] as const).map((version): PythonCase => ({
      version,
      key: "p256",
      client: "huge",
      resume: true,
    }));
    for (const connection of connectInPython(folder, cases)) {
      const whole = chunksOf(connection);
      const expected = observeChunks(whole, connection.keyLog).messages;
      const bytes = whole.flatMap(([from, chunk]) =>
        Array.from(chunk, (_, at) => [from, chunk.subarray(at, at + 1)] as const),
      );
      assert.deepEqual(lines(observeChunks(bytes, connection.keyLog).messages), lines(expected));
      const late = observeChunks(whole, connection.keyLog, { secrets: "late" });
      assert.deepEqual(late.problems, []);
      for (const direction of ["read", "write"])
        assert.deepEqual(of(direction, lines(late.messages)), of(direction, lines(expected)));
    }
  });
});

/** Both ends' view, with nothing left to say. */
function assertTheSame(connection: PythonConnection): void {
  for (const [index, side] of (["client", "server"] as const).entries()) {
    const { messages, problems } = observeChunks(chunksOf(connection), connection.keyLog, { side });
    const ours = lines(asOpensslTells(messages));
    const theirs = connection[side].map((event) => event.join(" "));
    const about = `${side} of ${JSON.stringify(connection.case)}`;
    assert.deepEqual(problems, [], about);
    const hasFailed = !HAPPY_ENDS.includes(connection.errors[index] ?? null);
    if (!hasFailed && !(side === "client" && answersBeforeReading(connection.case))) {
      assert.deepEqual(ours, theirs, about);
      continue;
    }
    for (const direction of ["read", "write"]) {
      const expected = of(direction, theirs);
      // What came after it gave up, OpenSSL never looks at.
      const told = of(direction, ours).slice(0, hasFailed ? expected.length : undefined);
      assert.deepEqual(told, expected, about);
    }
  }
}

/** What Python says of a read when all went well. */
const HAPPY_ENDS = [null, "SSLZeroReturnError"];

/** Whether the client sends something before it has read all that came along with what it answers. */
function answersBeforeReading({ group, postHandshake }: PythonCase): boolean {
  return group !== undefined || postHandshake === true;
}

function of(direction: string, told: readonly string[]): readonly string[] {
  return told.filter((line) => line.startsWith(direction));
}

function chunksOf({ chunks }: PythonConnection): Chunks {
  return chunks.map(([from, bytes]) => [from, Buffer.from(bytes, "hex")]);
}
