import { newSecret, type TicketSecrets } from "./ticket-keyring.ts";

export interface TicketRotation {
  /** How long a ticket is taken. */
  readonly lifetimeMs: number;
  /** How long one secret seals new tickets. */
  readonly rotateEveryMs: number;
}

/** A client that comes back within two hours needs no full handshake. */
export const TICKET_ROTATION: TicketRotation = { lifetimeMs: 2 * 3600_000, rotateEveryMs: 12 * 3600_000 };

/**
 * What seals a gateway's tickets, for all its processes. Rotated by the clock, with the former secret kept as long as
 * its last ticket lives; renewed with none kept when a key that may hold a ticket is no longer trusted.
 */
export class TicketSecretSource implements Disposable {
  readonly #rotation: TicketRotation;
  readonly #onChange: (secrets: TicketSecrets) => void;
  readonly #timer: NodeJS.Timeout;
  #expiry: NodeJS.Timeout | undefined;
  #forgetting: NodeJS.Timeout | undefined;
  #secrets: TicketSecrets = { generation: 0, current: newSecret(), former: [], holdersUnknown: false };

  constructor(rotation: TicketRotation, onChange: (secrets: TicketSecrets) => void) {
    this.#rotation = rotation;
    this.#onChange = onChange;
    this.#timer = setInterval(() => this.rotate(), rotation.rotateEveryMs).unref();
  }

  get secrets(): TicketSecrets {
    return this.#secrets;
  }

  rotate(): void {
    const { lifetimeMs } = this.#rotation;
    this.#change({ former: [this.#secrets.current], current: newSecret() });
    clearTimeout(this.#expiry);
    this.#expiry = setTimeout(() => this.#change({ former: [] }), lifetimeMs).unref();
  }

  /** Voids all tickets. Does nothing when `generation` is not the one in use: somebody else came first. */
  renew(generation: number): void {
    if (generation !== this.#secrets.generation) return;
    clearTimeout(this.#expiry);
    clearTimeout(this.#forgetting);
    this.#change({ former: [], current: newSecret(), holdersUnknown: false });
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
    clearTimeout(this.#expiry);
    clearTimeout(this.#forgetting);
  }

  #change(change: Partial<TicketSecrets>): void {
    this.#secrets = { ...this.#secrets, ...change, generation: this.#secrets.generation + 1 };
    this.#onChange(this.#secrets);
  }
}
