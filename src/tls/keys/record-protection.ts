import { createHmac } from "node:crypto";
import { ByteReader } from "../../bytes/byte-reader.ts";
import type { HandclaspError } from "../../errors.ts";

/** A record as it is on the wire: its header's type and version, and the fragment. RFC 8446 §5.1, RFC 5246 §6.2.1. */
export interface ProtectedRecord {
  readonly type: number;
  readonly version: number;
  readonly fragment: Uint8Array;
}

/** What was inside: in TLS 1.3 with the inner content type, its padding stripped. RFC 8446 §5.2. */
export interface OpenedRecord {
  readonly type: number;
  readonly content: Uint8Array;
}

/**
 * Opens the records of one direction, in order, under one set of keys. What does not open is
 * ERR_HANDCLASP_MALFORMED and does not count, as RFC 8446 §4.2.10 asks for early data that is skipped.
 */
export interface RecordOpener {
  /** The number of the next record: how many were opened, and those that nobody saw, which somebody has to count. */
  sequence: number;
  open(record: ProtectedRecord): OpenedRecord;
}

/** The most that a record may hold in the clear. RFC 8446 §5.1. */
const MAX_PLAINTEXT = 16_384;

/** The error for a record's fragment that cannot be, with the place in it. */
export function malformedRecord(
  record: ProtectedRecord,
  problem: string,
  field = "ciphertext",
): HandclaspError {
  return new ByteReader(record.fragment, "record").malformed(problem, field);
}

/** Refuses fragments that are longer than any sender may make them, before anything is computed. RFC 8446 §5.2, RFC 5246 §6.2.3. */
export function boundFragment(record: ProtectedRecord, overhead: number): void {
  const most = MAX_PLAINTEXT + overhead;
  if (record.fragment.length > most)
    throw malformedRecord(record, `has ${record.fragment.length}, at most ${most}`);
}

/** Refuses contents that are longer than any record may hold. RFC 8446 §5.4, RFC 5246 §6.2.1. */
export function boundContent(record: ProtectedRecord, content: Uint8Array): Uint8Array {
  if (content.length > MAX_PLAINTEXT) {
    throw malformedRecord(record, `has ${content.length}, at most ${MAX_PLAINTEXT}`, "content");
  }
  return content;
}

/** The 64 bits of the record's number, then type, version and `length`: what MACs and AEADs of TLS 1.2 cover. RFC 5246 §6.2.3. */
export function pseudoHeader(sequence: number, record: ProtectedRecord, length: number): Uint8Array {
  const header = Buffer.allocUnsafe(13);
  header.writeBigUInt64BE(BigInt(sequence), 0);
  header.writeUInt8(record.type, 8);
  header.writeUInt16BE(record.version, 9);
  header.writeUInt16BE(length, 11);
  return header;
}

/** The MAC over what is protected, with the record's number and header in front. RFC 5246 §6.2.3.1, RFC 7366 §3. */
export function recordMac(
  hash: string,
  key: Uint8Array,
  sequence: number,
  record: ProtectedRecord,
  covered: Uint8Array,
): Buffer {
  return createHmac(hash, key)
    .update(pseudoHeader(sequence, record, covered.length))
    .update(covered)
    .digest();
}
