import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { before, describe, it } from "node:test";
import type { TlsOptions } from "node:tls";
import { isHandclaspError } from "../../../src/errors.ts";
import { Tls13RecordOpener } from "../../../src/tls/keys/open-record-tls13.ts";
import type { ProtectedRecord } from "../../../src/tls/keys/record-protection.ts";
import { sealRecord } from "../../../src/tls/keys/seal-record.ts";
import { TLS13_SUITES } from "../../../src/tls/keys/tls13-suite.ts";
import { trafficKeys } from "../../../src/tls/keys/traffic-keys.ts";
import { FILE_PATIENCE_MS } from "../../support/patience.ts";
import { RFC_8448 } from "../../vectors/rfc8448.ts";
import { versatileServer } from "../support/connection-options.ts";
import { DecodedConnection } from "../support/decoded-connection.ts";
import { recordOpenssl } from "../support/recorded-openssl.ts";
import { recordConnection, SENT } from "../support/recorded-connection.ts";

const NO_OPENSSL = spawnSync("openssl", ["version"]).status !== 0 && "openssl is not installed";
const suite = TLS13_SUITES.get("TLS_AES_128_GCM_SHA256");
assert(suite);

describe("opening TLS 1.3 records", () => {
  for (const trace of RFC_8448) {
    it(`opens every record of RFC 8448 §${trace.section}`, () => {
      const openers = new Map(
        Object.entries(trace.secrets).map(([name, { secret }]) => [
          name,
          new Tls13RecordOpener(suite, secret),
        ]),
      );
      for (const { under, bytes, type, content = new Uint8Array() } of trace.records) {
        if (under === undefined) continue;
        const opened = openers.get(under)?.open(recordOf(bytes));
        assert(opened);
        assert.equal(opened.type, type);
        assert.deepEqual(Buffer.from(opened.content), Buffer.from(content));
      }
    });
  }

  it("does not count a record that does not open, so that early data can be skipped", () => {
    const [trace] = RFC_8448;
    const secret = trace?.secrets["c ap traffic"]?.secret ?? new Uint8Array();
    const records = trace?.records.filter(({ under }) => under === "c ap traffic") ?? [];
    const opener = new Tls13RecordOpener(suite, secret);
    assert.throws(
      () => opener.open({ type: 23, version: 0x0303, fragment: new Uint8Array(40) }),
      malformed("ciphertext"),
    );
    assert.equal(opener.sequence, 0);
    for (const { bytes } of records) opener.open(recordOf(bytes));
    assert.equal(opener.sequence, 2);
  });
});

describe("the plaintext inside a TLS 1.3 record", () => {
  const secret = new Uint8Array(32).fill(9);
  const sealed = (type: number, content: Uint8Array): ProtectedRecord =>
    recordOf(sealRecord(trafficKeys(secret, suite), suite, { type, content, sequence: 0 }));
  const open = (record: ProtectedRecord): unknown => new Tls13RecordOpener(suite, secret).open(record);

  it("is stripped of its padding", () => {
    const padded = Buffer.concat([Buffer.from("some content"), Uint8Array.of(0, 22), new Uint8Array(100)]);
    const opened = new Tls13RecordOpener(suite, secret).open(sealed(0, padded));
    assert.equal(opened.type, 22);
    assert.equal(Buffer.from(opened.content).toString("latin1"), "some content\0");
  });

  it("may be empty", () => {
    assert.deepEqual(open(sealed(23, new Uint8Array())), { type: 23, content: Buffer.alloc(0) });
  });

  it("must have a content type", () => {
    assert.throws(() => open(sealed(0, new Uint8Array(50))), malformed("inner_plaintext"));
    assert.throws(() => open(sealed(0, new Uint8Array())), malformed("inner_plaintext"));
  });

  it("must not be longer than a record may be", () => {
    open(sealed(23, new Uint8Array(16_384)));
    assert.throws(() => open(sealed(23, new Uint8Array(16_385))), malformed("content"));
    const tooLong = { type: 23, version: 0x0303, fragment: new Uint8Array(16_384 + 257) };
    assert.throws(() => open(tooLong), malformed("ciphertext"));
  });

  it("is bound to the record's header", () => {
    const record = sealed(23, new Uint8Array(5));
    assert.throws(() => open({ ...record, version: 0x0301 }), malformed("ciphertext"));
    assert.throws(() => open({ ...record, type: 22 }), malformed("ciphertext"));
  });
});

describe("opening TLS 1.3 connections", () => {
  let server: TlsOptions;
  before(async () => {
    server = await versatileServer({
      minVersion: "TLSv1.3",
      ciphers: `${[...TLS13_SUITES.keys()].join(":")}:DEFAULT:@SECLEVEL=0`,
    });
  });

  for (const name of TLS13_SUITES.keys()) {
    it(`opens all that either side sends, with ${name}`, async () => {
      const recorded = await recordConnection(server, { ciphers: `${name}:DEFAULT:@SECLEVEL=0` });
      const decoded = new DecodedConnection(recorded);
      assert.equal(decoded.suite, TLS13_SUITES.get(name));
      assert.deepEqual(decoded.application, SENT);
      assert.deepEqual(decoded.finished, ["server", "client"]);
    });
  }

  it("opens them after a HelloRetryRequest", async () => {
    const recorded = await recordConnection({ ...server, ecdhCurve: "P-384" }, { ecdhCurve: "X25519:P-384" });
    assert.equal(recorded.chunks.filter(({ from }) => from === "client").length >= 2, true);
    assertWhole(new DecodedConnection(recorded));
  });

  it("opens the client's certificate", async () => {
    const { key, cert } = server;
    const client = {
      key: [key].flat().slice(0, 1) as string[],
      cert: [cert].flat().slice(0, 1) as string[],
    };
    const recorded = await recordConnection(
      { ...server, requestCert: true, rejectUnauthorized: false },
      client,
    );
    const decoded = new DecodedConnection(recorded);
    assertWhole(decoded);
    assert.ok(
      decoded.opened.some(
        ({ from, content }) => from === "client" && content[0] === 11 && content.length > 500,
      ),
    );
  });

  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
    it(`opens a resumed connection, ${maxVersion}`, async () => {
      const keys = {
        ...server,
        ciphers: "DEFAULT",
        minVersion: "TLSv1.2" as const,
        ticketKeys: Buffer.alloc(48, 5),
      };
      const { session } = await recordConnection(keys, { maxVersion });
      assert(session);
      const recorded = await recordConnection(keys, { maxVersion, session });
      assert.equal(recorded.resumed, true);
      const decoded = new DecodedConnection(recorded);
      assert.deepEqual(decoded.application, SENT);
      assert.deepEqual(decoded.finished, ["server", "client"]);
    });
  }

  it(
    "follows key updates of one side and of both",
    { skip: NO_OPENSSL, timeout: FILE_PATIENCE_MS },
    async () => {
      const lines = ["before", "k", "once more", "K", "after", "K", "at last"];
      const decoded = new DecodedConnection(await recordOpenssl(server, lines));
      assert.deepEqual(decoded.keyUpdates, ["client", "client", "server", "client", "server"]);
      const said = lines.filter((line) => line.length > 1).map((line) => `${line}\n`);
      assert.deepEqual(decoded.application, { client: said.join(""), server: said.join("") });
    },
  );
});

function assertWhole(decoded: DecodedConnection): void {
  assert.deepEqual(decoded.application, SENT);
  assert.deepEqual(decoded.finished, ["server", "client"]);
}

function recordOf(bytes: Uint8Array): ProtectedRecord {
  return { type: bytes[0] ?? 0, version: 0x0303, fragment: bytes.subarray(5) };
}

function malformed(field: string): (error: unknown) => boolean {
  return (error) =>
    isHandclaspError(error, "ERR_HANDCLASP_MALFORMED") && error.details["field"] === `record.${field}`;
}
