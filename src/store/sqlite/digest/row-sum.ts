import { hash } from "node:crypto";

const LANES = 32;
const BYTES = LANES * 4;

/** A hash. */
const scratch = Buffer.alloc(64);

/**
 * A sum of rows, in whatever order they came: 32 numbers modulo 2^32, to each of which a row adds its part of SHA-512(row) ‖
 * SHA-512(SHA-512(row)). At 1024 bits, nobody finds rows that make up for others (Wagner 2002, §4: 2^64 of them and as
 * many steps); at the 256 of one hash they would, with 2^16 rows, in 2^32 steps. That holds for rows that count once
 * each, as rows of tables do: where one may count some hundred times, lattice reduction finds such numbers of copies of
 * 200 rows within seconds. Whoever adds rows that they were told has to see to that.
 */
export class RowSum {
  readonly #lanes = new Uint32Array(LANES);

  /** As `toBytes` gave it. Throws RangeError for what it did not give. */
  static fromBytes(bytes: Uint8Array): RowSum {
    const sum = new RowSum();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let lane = 0; lane < LANES; lane += 1) sum.#lanes[lane] = view.getUint32(lane * 4, true);
    if (bytes.byteLength !== BYTES) throw new RangeError("this is no sum of rows");
    return sum;
  }

  add(row: string): void {
    this.#count(row, 1);
  }

  subtract(row: string): void {
    this.#count(row, -1);
  }

  /** 128 bytes, the same on every machine. */
  toBytes(): Uint8Array {
    const bytes = new Uint8Array(BYTES);
    const view = new DataView(bytes.buffer);
    for (const [lane, value] of this.#lanes.entries()) view.setUint32(lane * 4, value, true);
    return bytes;
  }

  #count(row: string, sign: 1 | -1): void {
    // Through a text, and into the same bytes each time: a buffer for each hash takes longer than the hash.
    scratch.write(hash("sha512", row, "binary"), "latin1");
    this.#addScratch(0, sign);
    scratch.write(hash("sha512", scratch, "binary"), "latin1");
    this.#addScratch(LANES / 2, sign);
  }

  #addScratch(from: number, sign: 1 | -1): void {
    for (let lane = 0; lane < LANES / 2; lane += 1)
      this.#lanes[from + lane]! += sign * scratch.readUInt32LE(lane * 4);
  }
}
