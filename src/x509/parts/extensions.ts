import { type DerReader, sameBytes, TAG } from "../der/der.ts";
import { ENDORSEMENT, JOIN_PROOF } from "./private-extensions.ts";

/** The contents of the OIDs 2.5.29.14, .15, .17, .19 and .37. */
export const SUBJECT_KEY_IDENTIFIER: Uint8Array = Uint8Array.of(0x55, 0x1d, 0x0e);
export const KEY_USAGE: Uint8Array = Uint8Array.of(0x55, 0x1d, 0x0f);
export const SUBJECT_ALT_NAME: Uint8Array = Uint8Array.of(0x55, 0x1d, 0x11);
export const BASIC_CONSTRAINTS: Uint8Array = Uint8Array.of(0x55, 0x1d, 0x13);
export const EXT_KEY_USAGE: Uint8Array = Uint8Array.of(0x55, 0x1d, 0x25);

/** What an extension of ours, or the alternative names, hold: extnValue without its tag and length, not yet looked at. */
export interface ReadExtensions {
  subjectAltName: Uint8Array | undefined;
  joinProof: Uint8Array | undefined;
  endorsement: Uint8Array | undefined;
  /** Why nobody can say what the alternative names are, if so. */
  nameProblem: string | undefined;
}

/**
 * The extensions that say something to us (RFC 5280 §4.1.2.9). One of ours that is given twice is malformed; of two with
 * alternative names nobody can say which counts.
 */
export function readExtensions(extensions: DerReader): ReadExtensions {
  const found: ReadExtensions = {
    subjectAltName: undefined,
    joinProof: undefined,
    endorsement: undefined,
    nameProblem: undefined,
  };
  while (!extensions.isEmpty) {
    const extension = extensions.inside(TAG.SEQUENCE, "extension");
    const oid = extension.content(TAG.OID, "extnID");
    extension.skipOptional(TAG.BOOLEAN, "critical");
    const value = extension.content(TAG.OCTET_STRING, "extnValue");
    extension.end();
    const field = fieldOf(oid);
    if (field === undefined) continue;
    if (found[field] === undefined) found[field] = value;
    else {
      const twice = extensions.malformed("is given twice", field);
      if (field !== "subjectAltName") throw twice;
      found.nameProblem = twice.message;
    }
  }
  return found;
}

function fieldOf(oid: Uint8Array): "subjectAltName" | "joinProof" | "endorsement" | undefined {
  if (sameBytes(oid, SUBJECT_ALT_NAME)) return "subjectAltName";
  if (sameBytes(oid, JOIN_PROOF.content)) return "joinProof";
  return sameBytes(oid, ENDORSEMENT.content) ? "endorsement" : undefined;
}
