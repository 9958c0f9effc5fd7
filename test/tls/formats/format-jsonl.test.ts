import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatJsonl } from "../../../src/tls/formats/format-jsonl.ts";
import { CHANGE_CIPHER_SPEC_TYPE, TRACE_CONTENT_TYPE } from "../../../src/tls/observer/trace-message.ts";
import { traced } from "../support/traced.ts";

describe("formatJsonl", () => {
  it("prints one object, numbers and IANA's names", () => {
    const line = formatJsonl(
      traced(TRACE_CONTENT_TYPE.handshake, 1, { time: 1_700_000_000_000, data: Uint8Array.of(1, 0, 0, 0) }),
    );
    assert.equal(line.includes("\n"), false);
    assert.deepEqual(JSON.parse(line), {
      connection: "c1",
      time: "2023-11-14T22:13:20.000Z",
      direction: "read",
      version: "TLSv1.3",
      contentType: "handshake",
      contentTypeCode: 22,
      messageType: "client_hello",
      messageTypeCode: 1,
      length: 4,
      data: "01000000",
    });
  });

  it("has the number of the packet where there are packets", () => {
    const { header } = TRACE_CONTENT_TYPE;
    const told: Record<string, unknown> = JSON.parse(formatJsonl({ ...traced(header, 22), packet: 7 }));
    assert.equal(told["packet"], 7);
  });

  it("names what is not on the wire as OpenSSL does, and what nobody knows null", () => {
    const { header, innerContentType, alert, changeCipherSpec, handshake } = TRACE_CONTENT_TYPE;
    assert.deepEqual(names(header, 23), ["HEADER", "application_data", 23]);
    assert.deepEqual(names(innerContentType, 21), ["INNER_CONTENT_TYPE", "alert", 21]);
    assert.deepEqual(names(alert, 116), ["alert", "certificate_required", 116]);
    assert.deepEqual(names(changeCipherSpec, CHANGE_CIPHER_SPEC_TYPE), [
      "change_cipher_spec",
      "change_cipher_spec",
      257,
    ]);
    assert.deepEqual(names(handshake, 199), ["handshake", null, 199]);
  });
});

function names(contentType: number, messageType: number): readonly unknown[] {
  const told: Record<string, unknown> = JSON.parse(formatJsonl(traced(contentType, messageType)));
  return [told["contentType"], told["messageType"], told["messageTypeCode"]];
}
