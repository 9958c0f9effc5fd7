import { readFileSync } from "node:fs";

/** The text of a file, as `decodeText` has it. Throws what the system says. */
export function readTextFile(path: string): string {
  return decodeText(readFileSync(path));
}

/** UTF-8 without the byte order mark that some editors put in front; UTF-16, of which they tell by that mark, is an error. */
export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    throw new Error("it is in UTF-16: save it as UTF-8");
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString("utf8")
    .replace(/^\uFEFF/, "");
}
