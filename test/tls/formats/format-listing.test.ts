import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { formatListing } from "../../../src/tls/formats/format-listing.ts";
import { CHANGE_CIPHER_SPEC_TYPE, TRACE_CONTENT_TYPE } from "../../../src/tls/observer/trace-message.ts";
import { missingPython } from "../differential/support/python-connections.ts";
import { traced } from "../support/traced.ts";

const { header, innerContentType, handshake, alert, changeCipherSpec } = TRACE_CONTENT_TYPE;

describe("formatListing", () => {
  it("prints what Python prints, tabs between", () => {
    const told = [
      traced(header, handshake),
      traced(handshake, 1),
      traced(handshake, 4),
      traced(handshake, 14),
      traced(alert, 48),
      traced(changeCipherSpec, CHANGE_CIPHER_SPEC_TYPE),
    ];
    assert.deepEqual(told.map(formatListing), [
      "content_type=<_TLSContentType.HEADER: 256>\t\tmsg_type=<_TLSContentType.HANDSHAKE: 22>",
      "content_type=<_TLSContentType.HANDSHAKE: 22>\t\tmsg_type=<_TLSMessageType.CLIENT_HELLO: 1>",
      "content_type=<_TLSContentType.HANDSHAKE: 22>\t\tmsg_type=<_TLSMessageType.NEWSESSION_TICKET: 4>",
      "content_type=<_TLSContentType.HANDSHAKE: 22>\t\tmsg_type=<_TLSMessageType.SERVER_DONE: 14>",
      "content_type=<_TLSContentType.ALERT: 21>\t\tmsg_type=<_TLSAlertType.UNKNOWN_CA: 48>",
      "content_type=<_TLSContentType.CHANGE_CIPHER_SPEC: 20>\t\tmsg_type=<_TLSMessageType.CHANGE_CIPHER_SPEC: 257>",
    ]);
  });

  it("names inner content types for what they are", () => {
    assert.equal(
      formatListing(traced(innerContentType, handshake)),
      "content_type=<_TLSContentType.INNER_CONTENT_TYPE: 257>\t\tmsg_type=<_TLSContentType.HANDSHAKE: 22>",
    );
  });

  it("names messages that Python has no name for, and leaves the number of what nobody knows", () => {
    assert.match(
      formatListing(traced(handshake, 25)),
      /msg_type=<_TLSMessageType\.COMPRESSED_CERTIFICATE: 25>$/,
    );
    assert.match(formatListing(traced(handshake, 199)), /msg_type=199$/);
  });

  it("has every name of Python's enums", { skip: missingPython() }, () => {
    const program = `
import ssl
for content, kind in ((22, ssl._TLSMessageType), (21, ssl._TLSAlertType), (256, ssl._TLSContentType)):
    for member in kind:
        if member < 256:
            print(content, int(member), repr(ssl._TLSContentType(content)), repr(member), sep="|")
`;
    const { stdout } = spawnSync("python3", ["-c", program], { encoding: "utf8" });
    const members = stdout.trim().split("\n");
    assert.ok(members.length > 50);
    for (const member of members) {
      const [content, code, contentName, name] = member.split("|");
      assert.equal(
        formatListing(traced(Number(content), Number(code))),
        `content_type=${contentName}\t\tmsg_type=${name}`,
      );
    }
  });
});
