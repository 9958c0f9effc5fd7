/** Why somebody was refused, as a clause. */
const WORDS: Readonly<Record<string, string>> = {
  "no-certificate": "no certificate was shown",
  "malformed-certificate": "the certificate cannot be read",
  "unsupported-key": "this kind of key is not taken",
  revoked: "the key is revoked",
  retired: "another key took the place of this one",
  expired: "the time of the key is over",
  "not-yet-valid": "the certificate is valid only later",
  "key-changed": "the name belongs to another key",
  "name-changed": "the key was trusted under another name",
  unknown: "nobody knows the key",
  pending: "the key waits for an operator",
  ignored: "the key is ignored",
  "rate-limited": "too many unknown keys came at once",
  "token-invalid": "the join token is no good",
  "not-allowed": "the peer may not use this listener",
  "path-not-allowed": "the peer may not ask for this",
  "store-unavailable": "the store was not there",
};

/** All reasons there are, in this order. */
export const REASONS: readonly string[] = Object.keys(WORDS);

/** Signs of reasons that somebody should look at. */
const GRAVE: ReadonlySet<string> = new Set([
  "key-changed",
  "revoked",
  "retired",
  "store-unavailable",
  "token-invalid",
]);

export function reasonWords(reason: string): string {
  return WORDS[reason] ?? reason;
}

/** Whether it may be an attack, or a fault of ours. */
export function isGrave(reason: string): boolean {
  return GRAVE.has(reason);
}
