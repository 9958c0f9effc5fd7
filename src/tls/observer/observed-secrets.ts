import { KeyLogSecrets, type SecretLabel } from "../keys/key-log-secrets.ts";

/** Client randoms that may yet turn out to be this connection's: a secret may come before the hello that names it. */
const MAX_OTHERS = 64;
/** Of the handshake under way and, in a renegotiation, the one before. */
const MAX_OWN = 2;

/** The secrets of one connection, out of a key log that may serve many. Memory is bounded whatever the key log holds. */
export class ObservedSecrets {
  #others = new KeyLogSecrets({ maxConnections: MAX_OTHERS });
  #own = new KeyLogSecrets({ maxConnections: MAX_OWN });
  #ownRandoms: Uint8Array[] = [];

  /** Whether records are decrypted with it. */
  add(label: string, clientRandom: Uint8Array, secret: Uint8Array): boolean {
    const isOwn = this.#ownRandoms.some((random) => Buffer.compare(random, clientRandom) === 0);
    return (isOwn ? this.#own : this.#others).add({ label, clientRandom, secret });
  }

  /** From now on this client random is the connection's: its secrets are kept, however many others come. */
  own(clientRandom: Uint8Array): void {
    if (this.#ownRandoms.push(clientRandom) > MAX_OWN) this.#ownRandoms.shift();
    for (const label of SECRET_LABELS) {
      const secret = this.#others.find(label, clientRandom);
      if (secret !== undefined) this.#own.add({ label, clientRandom, secret });
    }
    this.#others.forget(clientRandom);
  }

  /** For when the connection is over. */
  forget(): void {
    this.#others = new KeyLogSecrets({ maxConnections: MAX_OTHERS });
    this.#own = new KeyLogSecrets({ maxConnections: MAX_OWN });
    this.#ownRandoms = [];
  }

  find(label: SecretLabel, clientRandom: Uint8Array): Uint8Array | undefined {
    return this.#own.find(label, clientRandom);
  }
}

const SECRET_LABELS: readonly SecretLabel[] = [
  "CLIENT_RANDOM",
  "CLIENT_EARLY_TRAFFIC_SECRET",
  "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
  "SERVER_HANDSHAKE_TRAFFIC_SECRET",
  "CLIENT_TRAFFIC_SECRET_0",
  "SERVER_TRAFFIC_SECRET_0",
];
