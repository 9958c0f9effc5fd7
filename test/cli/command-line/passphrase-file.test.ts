import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { passphraseFrom, readPassphrase } from "../../../src/cli/command-line/passphrase-file.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const WRONG = "ERR_HANDCLASP_PASSPHRASE";

describe("a passphrase in a file", () => {
  const file = join(temporaryFolder(), "passphrase");

  function read(content: string | Uint8Array): string {
    writeFileSync(file, content);
    chmodSync(file, 0o600);
    return readPassphrase(file);
  }

  it("is its first line, with the spaces in it, whatever ends it", () => {
    for (const content of ["  open sesame ", "  open sesame \n", "  open sesame \r\nmore\n"])
      assert.equal(read(content), "  open sesame ");
    assert.equal(read("\ufeffopen\n"), "open");
    assert.deepEqual(passphraseFrom({ passphraseFile: file }), { passphrase: "open" });
    assert.deepEqual(passphraseFrom({}), {});
  });

  it("has a thousand and twenty-four bytes at most, whatever follows it", () => {
    assert.equal(read(`${"x".repeat(1024)}\n${"y".repeat(100_000)}`).length, 1024);
    assert.throws(() => read("x".repeat(1025)), { code: WRONG, message: /at most 1024 bytes/ });
    assert.throws(() => read("x".repeat(100_000)), { code: WRONG });
  });

  it("is text, and there", () => {
    assert.throws(() => read(Uint8Array.of(0xff, 0x61, 0xfe)), { code: WRONG });
    assert.throws(() => read(""), { code: WRONG, message: /first line is empty/ });
    assert.throws(() => read("\nopen"), { code: WRONG, message: /first line is empty/ });
    assert.throws(() => readPassphrase(`${file}.none`), { code: WRONG });
  });
});
