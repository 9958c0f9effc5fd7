/** Why somebody was refused, as a clause behind a name. */
const WORDS: Readonly<Record<string, string>> = {
  "no-certificate": "showed no certificate",
  "malformed-certificate": "showed a certificate that cannot be read",
  "unsupported-key": "has a kind of key that is not taken",
  revoked: "came with a revoked key",
  retired: "came with a key that was replaced",
  expired: "came after its time was over",
  "not-yet-valid": "came before its certificate is valid",
  "key-changed": "claims a name of another key",
  "name-changed": "is trusted, but claims another name now",
  unknown: "is not known here",
  pending: "waits for an operator",
  ignored: "is ignored",
  "rate-limited": "came with too many others",
  "token-invalid": "came with a join token that is no good",
  "not-allowed": "may not use this listener",
  "path-not-allowed": "may not ask for this",
  "store-unavailable": "could not be judged: the store was not there",
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
