import type { KeyPin, KeyRecord } from "./key-record.ts";

/** Finds keys by what an operator types: in a store, or inside of a transaction. */
export interface KeyLookup {
  key(pin: KeyPin): KeyRecord | undefined;
  /** Keys bound to a folded name, by (first seen, pin); those that were never seen come last. */
  keysOfName(nameKey: string): readonly KeyRecord[];
  /** Keys that claim a folded name while no name is bound to them: those that wait, and impostors. The longest known first. */
  keysClaiming(nameKey: string): readonly KeyRecord[];
  /** Keys whose pin begins with the text. */
  keysByPinPrefix(prefix: string): readonly KeyRecord[];
  /** The key of a certificate; its fingerprint in lower-case hex. */
  keysByFingerprint(fingerprint: string): readonly KeyRecord[];
}
