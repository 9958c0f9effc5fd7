import type { ByteReader } from "../../../bytes/byte-reader.ts";
import { parseOpaque } from "../parts/opaque.ts";

/** RFC 8446 §4.2.11. */
export interface PskIdentity {
  /** A ticket, or the name of an external key. */
  readonly identity: Uint8Array;
  /** Milliseconds plus the ticket's `ageAdd`, modulo 2^32. */
  readonly obfuscatedTicketAge: number;
}

/** RFC 8446 §4.2.11. */
export interface OfferedPsks {
  readonly identities: readonly PskIdentity[];
  /** One for each identity. */
  readonly binders: readonly Uint8Array[];
}

/** RFC 8446 §4.2.11. */
export function parseOfferedPsks(extension: ByteReader): OfferedPsks {
  const identityList = extension.vector(2, "identities");
  const identities: PskIdentity[] = [];
  while (!identityList.isEmpty) {
    const identity = parseOpaque(identityList, 2, "identity");
    identities.push({ identity, obfuscatedTicketAge: identityList.uint32("obfuscated_ticket_age") });
  }
  const binderList = extension.vector(2, "binders");
  const binders: Uint8Array[] = [];
  while (!binderList.isEmpty) binders.push(parseOpaque(binderList, 1, "binder"));
  if (binders.length !== identities.length)
    throw extension.malformed(`has ${binders.length} binders for ${identities.length} identities`);
  return { identities, binders };
}
