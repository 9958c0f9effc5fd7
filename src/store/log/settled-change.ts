import { HandclaspError, reasonOf } from "../../errors.ts";
import { list, nullable, object, readAs } from "./shape.ts";
import { readPreparedChange, seenCertificate, waitingKey } from "./prepared-shape.ts";
import { MOST_BYTES } from "../../trust/port/change-log.ts";
import { namesInOrder, toCanonicalText } from "../../trust/records/canonical-text.ts";
import type { CertificateRecord, KeyRecord } from "../../trust/records/key-record.ts";
import type { PreparedChange } from "../../trust/changes/prepared-change.ts";

const MOST_SEEN = 10_000;

/**
 * A key as whoever appends a change saw it: all of one that waits, which other replicas may not have, and the certificate
 * that was seen of any.
 */
export interface SeenRow {
  /** Null for a key that was decided about: that is in the log. */
  readonly waiting: KeyRecord | null;
  readonly certificate: CertificateRecord;
}

/** A change with all of it that a replica may not have: what it comes to follows from the log up to it, and from nothing else. */
export interface SettledChange {
  readonly change: PreparedChange;
  readonly seen: readonly SeenRow[];
}

/**
 * In RFC 8785 form; bytes are objects with the one name `base64`. Throws ERR_HANDCLASP_MALFORMED for what nobody would carry
 * out.
 */
export function encodeSettledChange(settled: SettledChange): string {
  const text = canonical(bytesAsText(settled) as object);
  parseSettledChange(text);
  return text;
}

/** Reads it back. Throws ERR_HANDCLASP_MALFORMED: on every replica for the same. */
export function parseSettledChange(text: string): SettledChange {
  const { change, seen } = readAs(settled, parsed(text), "this") as SettledChange;
  const isMixedUp = seen.some(
    ({ waiting, certificate }) => waiting !== null && waiting.pin !== certificate.pin,
  );
  if (isMixedUp) throw malformed("a key was seen with the certificate of another one");
  return { change, seen };
}

const settled = object({
  change: readPreparedChange,
  seen: list(object({ waiting: nullable(waitingKey), certificate: seenCertificate }), MOST_SEEN),
});

function canonical(value: object): string {
  try {
    return toCanonicalText(value);
  } catch (error) {
    throw malformed(reasonOf(error));
  }
}

function parsed(text: string): unknown {
  if (Buffer.byteLength(text) > MOST_BYTES) throw malformed("it is too long");
  try {
    return JSON.parse(text);
  } catch {
    throw malformed("it is no JSON");
  }
}

function malformed(problem: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_MALFORMED", `this is no change of a log: ${problem}`);
}

/** Bytes as text, names in their order, and without fields that are not there. */
function bytesAsText(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return value.map(bytesAsText);
  const text: Record<string, unknown> = {};
  for (const name of namesInOrder(Object.keys(value))) {
    const field = (value as Readonly<Record<string, unknown>>)[name];
    if (name === "__proto__") throw malformed("it has a name that is none of a field");
    if (field !== undefined) text[name] = bytesAsText(field);
  }
  return text;
}
