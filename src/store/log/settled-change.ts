import { HandclaspError } from "../../errors.ts";
import { toCanonicalText } from "../../trust/records/canonical-text.ts";
import type { CertificateRecord, KeyRecord } from "../../trust/records/key-record.ts";
import type { PreparedChange } from "../../trust/changes/prepared-change.ts";

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

/** In RFC 8785 form; bytes are objects with the one name `base64`. */
export function encodeSettledChange(settled: SettledChange): string {
  return toCanonicalText(JSON.parse(JSON.stringify(settled, bytesAsText)) as object);
}

/** Reads it back. Throws ERR_HANDCLASP_MALFORMED. */
export function parseSettledChange(text: string): SettledChange {
  try {
    const settled = JSON.parse(text, textAsBytes) as SettledChange;
    if (typeof settled.change.type === "string" && Array.isArray(settled.seen)) return settled;
  } catch {
    // It is none, as below.
  }
  throw new HandclaspError("ERR_HANDCLASP_MALFORMED", "this is no change of a log");
}

/** A Buffer comes as what it makes of itself: it has to be looked at where it was. */
function bytesAsText(this: Readonly<Record<string, unknown>>, name: string, value: unknown): unknown {
  const there = this[name];
  return there instanceof Uint8Array ? { base64: Buffer.from(there).toString("base64") } : value;
}

function textAsBytes(_name: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("base64" in value)) return value;
  return typeof value.base64 === "string" ? new Uint8Array(Buffer.from(value.base64, "base64")) : value;
}
