import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseAlert } from "../../../src/tls/messages/alert.ts";
import { parseCertificateStatus } from "../../../src/tls/messages/certificates/certificate-status.ts";
import { parseCertificateVerify } from "../../../src/tls/messages/certificates/certificate-verify.ts";
import { parseChangeCipherSpec } from "../../../src/tls/messages/change-cipher-spec.ts";
import { parseEmptyMessage } from "../../../src/tls/messages/empty-message.ts";
import { parseFinished } from "../../../src/tls/messages/finished.ts";
import { parseKeyUpdate } from "../../../src/tls/messages/key-update.ts";
import { parseNewSessionTicket } from "../../../src/tls/messages/new-session-ticket.ts";
import { concat, extension, uint, vector } from "./support/encode.ts";
import { malformed } from "./support/malformed.ts";

const NOTHING = Uint8Array.of();

describe("alert", () => {
  it("names its level and its description", () => {
    assert.deepEqual(parseAlert(Uint8Array.of(2, 46)), {
      level: { code: 2, name: "fatal" },
      description: { code: 46, name: "certificate_unknown" },
    });
  });

  it("keeps numbers that have no name", () => {
    assert.deepEqual(parseAlert(Uint8Array.of(3, 200)), {
      level: { code: 3, name: null },
      description: { code: 200, name: null },
    });
  });

  it("is two bytes", () => {
    assert.throws(
      () => parseAlert(Uint8Array.of(2)),
      malformed("alert.description at byte 1: needs 1, has 0"),
    );
    assert.throws(
      () => parseAlert(Uint8Array.of(2, 46, 2)),
      malformed("alert at byte 2: has 1 bytes too many"),
    );
  });
});

describe("change_cipher_spec", () => {
  it("is one byte, 1", () => {
    assert.deepEqual(parseChangeCipherSpec(Uint8Array.of(1)), { type: 1 });
    for (const [bytes, message] of [
      [[2], "change_cipher_spec.type at byte 0: 2 is not 1"],
      [[], "change_cipher_spec.type at byte 0: needs 1, has 0"],
      [[1, 1], "change_cipher_spec at byte 1: has 1 bytes too many"],
    ] as const)
      assert.throws(() => parseChangeCipherSpec(Uint8Array.from(bytes)), malformed(message));
  });
});

describe("CertificateVerify", () => {
  it("names its algorithm since TLS 1.2", () => {
    const signature = vector(2, [1, 2, 3]);
    const body = concat(uint(2, 0x0807), signature);
    const expected = { algorithm: 0x0807, signature: Uint8Array.of(1, 2, 3) };
    assert.deepEqual(parseCertificateVerify(body, "TLSv1.3"), expected);
    assert.deepEqual(parseCertificateVerify(body, "TLSv1.2"), expected);
    assert.deepEqual(parseCertificateVerify(signature, "TLSv1"), { ...expected, algorithm: undefined });
  });
});

describe("Finished", () => {
  it("is as long as a hash, or 12 bytes", () => {
    for (const length of [12, 32, 48])
      assert.equal(parseFinished(new Uint8Array(length)).verifyData.length, length);
    for (const length of [0, 11, 65])
      assert.throws(
        () => parseFinished(new Uint8Array(length)),
        malformed(`finished.verify_data at byte 0: has ${length} bytes, not 12 to 64`),
      );
  });
});

describe("NewSessionTicket", () => {
  it("of TLS 1.3 has a nonce and says how much early data may come", () => {
    const limits = vector(2, extension(42, uint(4, 16384)), extension(0x0a0a));
    const body = concat(uint(4, 7200), uint(4, 0xffff_fffe), vector(1, [0, 1]), vector(2, [5, 6]), limits);
    assert.deepEqual(parseNewSessionTicket(body, "TLSv1.3"), {
      lifetimeSeconds: 7200,
      ageAdd: 0xffff_fffe,
      nonce: Uint8Array.of(0, 1),
      ticket: Uint8Array.of(5, 6),
      maxEarlyDataSize: 16384,
      extensions: [
        { type: 42, data: Uint8Array.of(0, 0, 64, 0) },
        { type: 0x0a0a, data: NOTHING },
      ],
    });
  });

  it("of TLS 1.2 has a lifetime and the ticket", () => {
    const { lifetimeSeconds, ageAdd, nonce, ticket } = parseNewSessionTicket(
      concat(uint(4, 300), vector(2, [1])),
      "TLSv1.2",
    );
    assert.deepEqual([lifetimeSeconds, ageAdd, nonce, ticket], [300, undefined, undefined, Uint8Array.of(1)]);
  });
});

describe("KeyUpdate", () => {
  it("asks for the other side's, or does not", () => {
    assert.deepEqual(parseKeyUpdate(Uint8Array.of(0)), { updateRequested: false });
    assert.deepEqual(parseKeyUpdate(Uint8Array.of(1)), { updateRequested: true });
    assert.throws(
      () => parseKeyUpdate(Uint8Array.of(2)),
      malformed("key_update.request_update at byte 0: 2 is neither 0 nor 1"),
    );
  });
});

describe("CertificateStatus", () => {
  it("holds an OCSP response, or what another type brings", () => {
    assert.deepEqual(parseCertificateStatus(concat([1], vector(3, [0x30, 0]))), {
      statusType: 1,
      response: Uint8Array.of(0x30, 0),
    });
    assert.deepEqual(parseCertificateStatus(Uint8Array.of(2, 9, 9)).response, Uint8Array.of(9, 9));
  });
});

describe("a message without content", () => {
  it("is empty", () => {
    assert.deepEqual(parseEmptyMessage(NOTHING, "server_hello_done"), {});
    assert.throws(
      () => parseEmptyMessage(Uint8Array.of(0), "server_hello_done"),
      malformed("server_hello_done at byte 0: has 1 bytes too many"),
    );
  });
});
