import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { TraceSecrets } from "../../../../src/cli/trace/captures/secrets.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";

const COUNT = 9_000;

function randomOf(index: number): Buffer {
  return Buffer.alloc(32, Uint8Array.of(index >> 8, index));
}

/** More than 1 MiB of lines. */
function keyLog(lineEnd: string): string {
  let text = "";
  for (let index = 0; index < COUNT; index++)
    text += `CLIENT_RANDOM ${randomOf(index).toString("hex")} ${"cd".repeat(48)}${lineEnd}`;
  return text;
}

function follows(secrets: TraceSecrets, random: Uint8Array): number {
  let count = 0;
  secrets.follow(random, () => count++)();
  return count;
}

describe("TraceSecrets", () => {
  const folder = temporaryFolder();

  for (const [name, toBytes] of [
    ["Latin-1", (text: string) => Buffer.from(text)],
    ["UTF-8 with a byte order mark", (text: string) => Buffer.from(`\uFEFF${text}`)],
    ["UTF-16LE", (text: string) => Buffer.from(`\uFEFF${text}`, "utf16le")],
    ["UTF-16BE", (text: string) => Buffer.from(`\uFEFF${text}`, "utf16le").swap16()],
  ] as const) {
    for (const lineEnd of ["\n", "\r\n", "\r"]) {
      it(`finds each secret of a long key log in ${name} with ${JSON.stringify(lineEnd)} behind lines`, () => {
        const file = `${folder}/log`;
        writeFileSync(file, toBytes(keyLog(lineEnd)));
        const secrets = new TraceSecrets();
        secrets.addFile(file);
        for (let index = 0; index < COUNT; index++)
          assert.equal(follows(secrets, randomOf(index)), 1, String(index));
        assert.equal(secrets.malformedLines, 0);
      });
    }
  }

  it("takes a file of one endless line for one line that is none", () => {
    const file = `${folder}/endless`;
    writeFileSync(file, Buffer.alloc(8 * 1024 * 1024, "a"));
    const secrets = new TraceSecrets();
    secrets.addFile(file);
    assert.equal(secrets.malformedLines, 1);
  });
});
