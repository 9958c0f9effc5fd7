import { fromHex } from "./from-hex.ts";

/** One DER value (X.690 §10): the length in its shortest form. */
export function encodeDer(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head = length < 0x80 ? [tag, length] : longHead(tag, length);
  const value = new Uint8Array(head.length + length);
  value.set(head);
  let at = head.length;
  for (const part of parts) {
    value.set(part, at);
    at += part.length;
  }
  return value;
}

/** The content of an INTEGER (X.690 §8.3) that is a safe integer from 0 on. */
export function integerContent(value: number): Uint8Array {
  const bytes = bigEndian(value);
  return (bytes[0] ?? 0) < 0x80 ? bytes : Uint8Array.of(0, ...bytes);
}

/** X.690 §8.1.3.5. */
function longHead(tag: number, length: number): readonly number[] {
  const bytes = bigEndian(length);
  return [tag, 0x80 | bytes.length, ...bytes];
}

function bigEndian(value: number): Uint8Array {
  const digits = value.toString(16);
  return fromHex(digits.padStart(digits.length + (digits.length % 2), "0"));
}
