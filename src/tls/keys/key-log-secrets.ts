import type { KeyLogEntry } from "./key-log.ts";

/** What records are decrypted with. RFC 9850 §2.1, §2.2. */
export type SecretLabel =
  | "CLIENT_RANDOM"
  | "CLIENT_EARLY_TRAFFIC_SECRET"
  | "CLIENT_HANDSHAKE_TRAFFIC_SECRET"
  | "SERVER_HANDSHAKE_TRAFFIC_SECRET"
  | "CLIENT_TRAFFIC_SECRET_0"
  | "SERVER_TRAFFIC_SECRET_0";

const LABELS: ReadonlySet<string> = new Set<SecretLabel>([
  "CLIENT_RANDOM",
  "CLIENT_EARLY_TRAFFIC_SECRET",
  "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
  "SERVER_HANDSHAKE_TRAFFIC_SECRET",
  "CLIENT_TRAFFIC_SECRET_0",
  "SERVER_TRAFFIC_SECRET_0",
]);
/** The longest: a master secret, a digest of SHA-384, with room for SHA-512. */
const LONGEST_SECRET = 64;
const DEFAULT_MAX_CONNECTIONS = 100_000;

/** How many connections to keep secrets of, 100 000 unless said: about 50 MB; the oldest are forgotten. */
export interface KeyLogSecretsOptions {
  readonly maxConnections?: number;
}

/**
 * The secrets of many connections, joined by client random. Other labels are passed over, so are later generations:
 * OpenSSL logs each under a literal `_SECRET_N`, and `nextTrafficSecret` derives them. RFC 9850 §2.
 */
export class KeyLogSecrets {
  readonly #maxConnections: number;
  readonly #connections = new Map<string, Map<SecretLabel, Uint8Array>>();

  constructor(options: KeyLogSecretsOptions = {}) {
    this.#maxConnections = options.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
  }

  /** How many connections it has secrets of. */
  get size(): number {
    return this.#connections.size;
  }

  /** Keeps the secret, in place of one with the same label; false when it is none of ours. */
  add(entry: KeyLogEntry): boolean {
    if (!isSecretLabel(entry.label) || entry.secret.length > LONGEST_SECRET) return false;
    const random = keyOf(entry.clientRandom);
    const secrets = this.#connections.get(random) ?? new Map<SecretLabel, Uint8Array>();
    secrets.set(entry.label, entry.secret);
    this.#connections.set(random, secrets);
    if (this.#connections.size > this.#maxConnections) this.#forgetOldest();
    return true;
  }

  find(label: SecretLabel, clientRandom: Uint8Array): Uint8Array | undefined {
    return this.#connections.get(keyOf(clientRandom))?.get(label);
  }

  /** For when the connection is over. */
  forget(clientRandom: Uint8Array): void {
    this.#connections.delete(keyOf(clientRandom));
  }

  #forgetOldest(): void {
    for (const random of this.#connections.keys()) {
      this.#connections.delete(random);
      return;
    }
  }
}

/** Whether records are decrypted with the secrets of this label. */
function isSecretLabel(label: string): label is SecretLabel {
  return LABELS.has(label);
}

function keyOf(clientRandom: Uint8Array): string {
  return Buffer.from(clientRandom.buffer, clientRandom.byteOffset, clientRandom.length).toString("latin1");
}
