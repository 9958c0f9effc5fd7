import { newSecret, type TicketSecrets } from "./ticket-keyring.ts";

interface TicketRotation {
  /** How long a ticket is taken. */
  readonly lifetimeMs: number;
  /** How long one secret is used. */
  readonly rotateEveryMs: number;
}

/** A client that comes back within two hours needs no full handshake. */
export const TICKET_ROTATION: TicketRotation = { lifetimeMs: 2 * 3600_000, rotateEveryMs: 12 * 3600_000 };

/**
 * What seals a gateway's tickets, for all its processes. Rotated by the clock, and renewed when a key that may hold a ticket
 * is no longer trusted; either way clients with older tickets show their keys again.
 */
export class TicketSecretSource implements Disposable {
  readonly #rotation: TicketRotation;
  readonly #onChange: (secrets: TicketSecrets) => void;
  readonly #timer: NodeJS.Timeout;
  #forgetting: NodeJS.Timeout | undefined;
  /** The first generation with the secret that is in use. */
  #since = 0;
  #secrets: TicketSecrets = { generation: 0, current: newSecret(), holdersUnknown: false };

  constructor(rotation: TicketRotation, onChange: (secrets: TicketSecrets) => void) {
    this.#rotation = rotation;
    this.#onChange = onChange;
    this.#timer = setInterval(() => this.rotate(), rotation.rotateEveryMs).unref();
  }

  get secrets(): TicketSecrets {
    return this.#secrets;
  }

  rotate(): void {
    this.#change({ current: newSecret() });
  }

  /** Voids all tickets of a generation. Does nothing when their secret is used no more: somebody else came first. */
  renew(generation: number): void {
    if (generation < this.#since) return;
    clearTimeout(this.#forgetting);
    this.#change({ current: newSecret(), holdersUnknown: false });
  }

  /** A process is gone that knew whom it gave tickets to. */
  holdersLost(): void {
    clearTimeout(this.#forgetting);
    const { lifetimeMs } = this.#rotation;
    this.#forgetting = setTimeout(() => this.#change({ holdersUnknown: false }), lifetimeMs).unref();
    this.#change({ holdersUnknown: true });
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    clearTimeout(this.#forgetting);
  }

  #change(change: Partial<TicketSecrets>): void {
    this.#secrets = { ...this.#secrets, ...change, generation: this.#secrets.generation + 1 };
    if (change.current !== undefined) this.#since = this.#secrets.generation;
    this.#onChange(this.#secrets);
  }
}
