import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { recogniseFile, requireCapture } from "../../../../src/cli/trace/captures/file-kind.ts";
import { isHandclaspError } from "../../../../src/errors.ts";

const bytesOf = (text: string): Uint8Array => Buffer.from(text, "latin1");

/** What is said of a file that is none. */
function saidOf(
  start: string,
  file = "x.bin",
): { readonly message: string; readonly hint: string | undefined } {
  try {
    requireCapture(file, bytesOf(start));
  } catch (error) {
    assert.ok(isHandclaspError(error, "ERR_HANDCLASP_MALFORMED"));
    return { message: error.message, hint: error.hint };
  }
  return assert.fail("it was taken for a capture");
}

describe("the kind of a file", () => {
  it("is told by its first bytes", () => {
    for (const magic of [
      "\xa1\xb2\xc3\xd4",
      "\xd4\xc3\xb2\xa1",
      "\xa1\xb2\x3c\x4d",
      "\x4d\x3c\xb2\xa1",
      "\x0a\x0d\x0d\x0a",
    ])
      assert.equal(recogniseFile("x", bytesOf(magic)), "capture");
    assert.equal(recogniseFile("x", bytesOf("\x1f\x8b\x08")), "gzip");
    assert.equal(recogniseFile("x", bytesOf("\x28\xb5\x2f\xfd")), "zstd");
    assert.equal(recogniseFile("x", bytesOf("\x5e\x2a\x4d\x18")), "zstd");
  });

  it("is named when it is none that is read, with what helps where something does", () => {
    assert.match(saidOf("\xfd7zXZ\0").message, /is compressed by xz, neither a pcap nor a pcapng file/);
    assert.equal(saidOf("\xfd7zXZ\0").hint, "xz -dc x.bin | handclasp trace read -");
    assert.match(saidOf("%PDF-1.7").message, /is a PDF/);
    assert.equal(saidOf("%PDF-1.7").hint, undefined);
    assert.match(saidOf(`CLIENT_RANDOM ${"ab".repeat(32)} 00`).hint ?? "", /--keylog/);
    assert.match(saidOf(`# mine\nCLIENT_RANDOM ${"ab".repeat(32)} 00`).message, /a key log/);
    assert.match(saidOf("hello there").message, /is text/);
    assert.match(saidOf("\x00\x01\x02\x03").message, /of a kind that is not known/);
    assert.match(saidOf(`${"x".repeat(257)}ustar`).message, /a tar archive/);
  });

  it("is its length when there is nearly nothing of it", () => {
    assert.match(saidOf("").message, /empty \(0 bytes\)/);
    assert.match(saidOf("ab").message, /only 2 bytes long/);
  });

  it("names no file in a command that a shell would take for something else", () => {
    for (const file of ["stdin", "a; rm -rf b", "$(x)", "a b"])
      assert.equal(saidOf("BZh9", file).hint, "bzip2 -dc FILE | handclasp trace read -");
  });
});
