import { hash } from "node:crypto";

/** RFC 7292 §B.3: what the derived bytes are for. */
export type Pkcs12Purpose = "key" | "iv" | "mac";

export interface Pkcs12Derivation {
  readonly digest: "sha1" | "sha256";
  readonly purpose: Pkcs12Purpose;
  readonly passphrase: string;
  readonly salt: Uint8Array;
  readonly rounds: number;
  /** In bytes. */
  readonly length: number;
}

const PURPOSE_IDS: Readonly<Record<Pkcs12Purpose, number>> = { key: 1, iv: 2, mac: 3 };
/** Of both hashes, in bytes. */
const BLOCK_BYTES = 64;

/** RFC 7292 §B.2. */
export function derivePkcs12Key(derivation: Pkcs12Derivation): Uint8Array {
  const { digest, purpose, passphrase, salt, rounds, length } = derivation;
  const diversifier = Buffer.alloc(BLOCK_BYTES, PURPOSE_IDS[purpose]);
  const input = Buffer.concat([
    repeated(salt),
    repeated(Buffer.concat([toBmp(passphrase), Buffer.alloc(2)])),
  ]);
  const derived: Uint8Array[] = [];
  for (let bytes = 0; ;) {
    let block: Buffer = Buffer.concat([diversifier, input]);
    for (let round = 0; round < rounds; round++) block = hash(digest, block, "buffer");
    derived.push(block);
    bytes += block.length;
    if (bytes >= length) return Buffer.concat(derived, length);
    addToEachBlock(input, block);
  }
}

/** Step 6.C: each block becomes block + B + 1, modulo its size. */
function addToEachBlock(input: Buffer, block: Uint8Array): void {
  const addend = Buffer.alloc(BLOCK_BYTES, block);
  for (let start = 0; start < input.length; start += BLOCK_BYTES) {
    let carry = 1;
    for (let at = BLOCK_BYTES - 1; at >= 0; at--) {
      const sum = (input[start + at] ?? 0) + (addend[at] ?? 0) + carry;
      input[start + at] = sum & 0xff;
      carry = sum >> 8;
    }
  }
}

/** As often as it takes to fill whole blocks, cut at the end of the last. */
function repeated(bytes: Uint8Array): Uint8Array {
  return Buffer.alloc(BLOCK_BYTES * Math.ceil(bytes.length / BLOCK_BYTES), bytes);
}

/** UTF-16, the high byte first. */
export function toBmp(text: string): Uint8Array {
  return Buffer.from(text, "utf16le").swap16();
}
