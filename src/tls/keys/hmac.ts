import { hash as digest } from "node:crypto";

/** How long the blocks are that a hash works on. RFC 6234 §1. */
const BLOCK_LENGTH = { sha256: 64, sha384: 128 } as const;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/** HMAC (RFC 2104 §2). Two one-shot hashes cost half of what `createHmac` does, which key schedules are made of. */
export function hmac(hash: keyof typeof BLOCK_LENGTH, key: Uint8Array, message: Uint8Array): Uint8Array {
  const block = BLOCK_LENGTH[hash];
  const short = key.length > block ? digest(hash, key, "buffer") : key;
  const inner = Buffer.allocUnsafe(block + message.length).fill(INNER_PAD, 0, block);
  inner.set(message, block);
  const innerDigest = xored(inner, short, hash);
  const outer = Buffer.allocUnsafe(block + innerDigest.length).fill(OUTER_PAD, 0, block);
  outer.write(innerDigest, block, "latin1");
  return Buffer.from(xored(outer, short, hash), "latin1");
}

/** The digest, one character for each byte: a string is cheaper to get than a Buffer with memory of its own. */
function xored(padded: Buffer, key: Uint8Array, hash: string): string {
  for (let index = 0; index < key.length; index++) padded[index]! ^= key[index]!;
  return digest(hash, padded, "binary");
}
