import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeText } from "../../../src/client/identities/text-file.ts";

describe("decodeText", () => {
  it("takes UTF-8 with a byte order mark and without", () => {
    assert.equal(decodeText(Buffer.from("\uFEFFgrün")), "grün");
    assert.equal(decodeText(Buffer.from("grün")), "grün");
    assert.equal(decodeText(new Uint8Array()), "");
  });

  it("takes away one mark, in front, alone", () => {
    assert.equal(decodeText(Buffer.from("\uFEFF\uFEFFa\uFEFF")), "\uFEFFa\uFEFF");
  });

  it("refuses UTF-16", () => {
    for (const text of [Buffer.from("\uFEFFa", "utf16le"), Buffer.from("\uFEFFa", "utf16le").swap16()])
      assert.throws(() => decodeText(text), /it is in UTF-16: save it as UTF-8/);
  });
});
