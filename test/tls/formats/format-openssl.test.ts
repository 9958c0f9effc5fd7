import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatOpenssl } from "../../../src/tls/formats/format-openssl.ts";
import { TRACE_CONTENT_TYPE } from "../../../src/tls/observer/trace-message.ts";
import { traced } from "../support/traced.ts";

const { header, innerContentType, handshake, alert } = TRACE_CONTENT_TYPE;

describe("formatOpenssl", () => {
  it("prints a head line, then sixteen bytes a line", () => {
    const data = Uint8Array.from({ length: 18 }, (_, index) => index);
    assert.equal(
      formatOpenssl(traced(handshake, 1, { direction: "write", data })),
      [
        ">>> TLS 1.3, Handshake [length 0012], ClientHello",
        "    00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f",
        "    10 11",
      ].join("\n"),
    );
  });

  it("prints headers, inner types and alerts", () => {
    const told = [
      traced(header, handshake, { version: "TLSv1", data: Uint8Array.of(22, 3, 1, 0, 4) }),
      traced(innerContentType, handshake, { data: Uint8Array.of(22) }),
      traced(alert, 48, { data: Uint8Array.of(2, 48) }),
      traced(alert, 199, { data: Uint8Array.of(7, 199) }),
      traced(handshake, 199, { data: Uint8Array.of(199, 0, 0, 0) }),
    ];
    assert.deepEqual(told.map(formatOpenssl), [
      "<<< TLS 1.0, RecordHeader [length 0005]\n    16 03 01 00 04",
      "<<< TLS 1.3, InnerContent [length 0001]\n    16",
      "<<< TLS 1.3, Alert [length 0002], fatal unknown_ca\n    02 30",
      "<<< TLS 1.3, Alert [length 0002], ??? ???\n    07 c7",
      "<<< TLS 1.3, Handshake [length 0004]???\n    c7 00 00 00",
    ]);
  });

  it("says so when it is of no version that OpenSSL knows", () => {
    assert.equal(
      formatOpenssl(traced(header, handshake, { version: "0x0305", data: Uint8Array.of(22, 3, 5, 0, 4) })),
      "<<< Not TLS data or unknown version (version=773, content_type=256) [length 0005]\n    16 03 05 00 04",
    );
  });
});
