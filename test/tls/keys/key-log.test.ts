import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { isHandclaspError } from "../../../src/errors.ts";
import { type KeyLogEntry, parseKeyLog, parseKeyLogLine } from "../../../src/tls/keys/key-log.ts";
import { KeyLogSecrets } from "../../../src/tls/keys/key-log-secrets.ts";

const RANDOM = "0123456789abcdef".repeat(4);
const SECRET = "fe".repeat(32);
const LINE = `CLIENT_TRAFFIC_SECRET_0 ${RANDOM} ${SECRET}`;

describe("key log", () => {
  it("has a label, a client random and a secret on each line", () => {
    const parsed = parseKeyLogLine(LINE);
    assert.equal(parsed?.label, "CLIENT_TRAFFIC_SECRET_0");
    assert.equal(toHex(parsed.clientRandom), RANDOM);
    assert.equal(toHex(parsed.secret), SECRET);
  });

  for (const [name, end] of [
    ["CR", "\r"],
    ["LF", "\n"],
    ["CRLF", "\r\n"],
  ] as const) {
    it(`ends its lines with ${name}, the last one perhaps not`, () => {
      for (const last of ["", end]) {
        const log = parseKeyLog(["# SSL/TLS secrets log file", "", LINE, LINE].join(end) + last);
        assert.deepEqual([log.entries.length, log.malformedLines], [2, 0]);
      }
    });
  }

  it("is hex in either case, text or bytes", () => {
    const log = `CLIENT_RANDOM ${RANDOM.toUpperCase()} ${SECRET.toUpperCase()}`;
    for (const given of [log, Buffer.from(log), new Uint8Array(Buffer.from(log))]) {
      assert.equal(toHex(parseKeyLog(given).entries[0]?.clientRandom), RANDOM);
    }
  });

  it("keeps labels it does not know, and passes over RSA premaster secrets as OpenSSL logs them", () => {
    const log = parseKeyLog(`ECH_SECRET ${RANDOM} ${SECRET}\nRSA 0123456789abcdef ${"03".repeat(48)}\n`);
    assert.deepEqual(
      log.entries.map(({ label }) => label),
      ["ECH_SECRET"],
    );
    assert.equal(log.malformedLines, 0);
  });

  it("loses no line to a byte order mark", () => {
    const text = `${LINE}\r\n${LINE}\r\n`;
    for (const given of [
      `\uFEFF${text}`,
      Buffer.from(`\uFEFF${text}`),
      Buffer.from(`\uFEFF${text}`, "utf16le"),
      Buffer.from(`\uFEFF${text}`, "utf16le").swap16(),
    ]) {
      const { entries, malformedLines } = parseKeyLog(given);
      assert.deepEqual([entries.length, malformedLines], [2, 0]);
    }
  });

  it("gives master secrets by session as what they are, and counts premaster secrets", () => {
    const master = "ab".repeat(48);
    const { entries, sessions, premasterLines, malformedLines } = parseKeyLog(
      [
        `RSA Session-ID:0102 Master-Key:${master}`,
        `RSA 0123456789abcdef ${"03".repeat(48)}`,
        `PMS_CLIENT_RANDOM ${RANDOM} ${"03".repeat(48)}`,
        "RSA Session-ID:010 Master-Key:ab",
      ].join("\r\n"),
    );
    assert.deepEqual([entries.length, premasterLines, malformedLines], [0, 2, 1]);
    assert.deepEqual(
      sessions.map(({ sessionId, masterSecret }) => [toHex(sessionId), toHex(masterSecret)]),
      [["0102", master]],
    );
    assert.equal(parseKeyLogLine(`RSA Session-ID:0102 Master-Key:${master}`), undefined);
  });

  it("goes on after a malformed line and says which it was", () => {
    const lines = [
      "nonsense",
      LINE,
      `CLIENT_RANDOM ${RANDOM.slice(2)} ${SECRET}`,
      `${LINE}0`,
      LINE.replaceAll(" ", "  "),
    ];
    const { entries, problems, malformedLines } = parseKeyLog(lines.join("\n"));
    assert.equal(entries.length, 1);
    assert.equal(malformedLines, 4);
    assert.deepEqual(
      problems.map(({ line }) => line),
      [1, 3, 4, 5],
    );
    assert.equal(problems[1]?.message, "key_log.client_random at byte 0: needs 64 digits, has 62");
  });

  it("reports no more than a hundred problems, but counts all", () => {
    const { problems, malformedLines } = parseKeyLog("x\n".repeat(1000));
    assert.deepEqual([problems.length, malformedLines], [100, 1000]);
  });

  it("refuses secrets that are longer than any", () => {
    assert.throws(
      () => parseKeyLogLine(`ECH_CONFIG ${RANDOM} ${"00".repeat(70_000)}`),
      (error) => isHandclaspError(error, "ERR_HANDCLASP_MALFORMED"),
    );
  });

  it("can be any text", () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom(LINE, " ", "\r", "\n", "#", RANDOM, "RSA "),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const { entries, malformedLines } = parseKeyLog(pieces.join(""));
        assert.ok(entries.length + malformedLines <= pieces.join("").split(/\r\n|\r|\n/).length);
      }),
    );
  });
});

describe("secrets of a key log", () => {
  it("are found by label and client random", () => {
    const secrets = new KeyLogSecrets();
    assert.equal(secrets.add(entry("CLIENT_RANDOM", 1)), true);
    assert.deepEqual(secrets.find("CLIENT_RANDOM", Buffer.alloc(32, 1)), random(2));
    assert.equal(secrets.find("CLIENT_RANDOM", random(2)), undefined);
    assert.equal(secrets.find("CLIENT_TRAFFIC_SECRET_0", random(1)), undefined);
  });

  it("are only those that decrypt records, and not those after a key update", () => {
    const secrets = new KeyLogSecrets();
    for (const label of ["EXPORTER_SECRET", "CLIENT_TRAFFIC_SECRET_N", "SERVER_TRAFFIC_SECRET_1"]) {
      assert.equal(secrets.add(entry(label, 1)), false);
    }
    assert.equal(secrets.add({ ...entry("CLIENT_RANDOM", 1), secret: new Uint8Array(65) }), false);
    assert.equal(secrets.size, 0);
  });

  it("are replaced by a later line", () => {
    const secrets = new KeyLogSecrets();
    secrets.add(entry("CLIENT_RANDOM", 1));
    secrets.add({ ...entry("CLIENT_RANDOM", 1), secret: random(9) });
    assert.deepEqual(secrets.find("CLIENT_RANDOM", random(1)), random(9));
  });

  it("are forgotten, the oldest first, when there are too many connections", () => {
    const secrets = new KeyLogSecrets({ maxConnections: 3 });
    for (const number of [1, 2, 3, 4]) secrets.add(entry("CLIENT_RANDOM", number));
    assert.equal(secrets.size, 3);
    assert.equal(secrets.find("CLIENT_RANDOM", random(1)), undefined);
    secrets.forget(random(3));
    assert.equal(secrets.size, 2);
  });
});

function random(number: number): Uint8Array {
  return new Uint8Array(32).fill(number);
}

function entry(label: string, number: number): KeyLogEntry {
  return { label, clientRandom: random(number), secret: random(number + 1) };
}

function toHex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString("hex");
}
