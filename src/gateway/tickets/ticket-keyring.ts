import { hkdfSync, randomBytes } from "node:crypto";
import type { TicketKeys } from "../../guard/tickets/ticket-keys.ts";

/** What all processes of a gateway derive their ticket keys from. Plain data, so that it can be sent to them. */
export interface TicketSecrets {
  /** Counts up with every change. */
  readonly generation: number;
  /** Base64. */
  readonly current: string;
  readonly holdersUnknown: boolean;
}

const KEY_BYTES = 48;

/** The ticket keys of one process, a set for each listener, all from the same secrets. */
export class TicketKeyring {
  readonly #onRenew: (generation: number) => void;
  readonly #ofListeners = new Map<string, ListenerTicketKeys>();
  #secrets: TicketSecrets;
  /** What the gateway agreed on last. */
  #agreed: string;
  /** What must not be used again, though the gateway may not have heard of that yet. */
  #voided: string | undefined;

  /** `onRenew` is told which generation must no longer be used, and sees to it that `update` is called. */
  constructor(secrets: TicketSecrets, onRenew: (generation: number) => void) {
    this.#secrets = secrets;
    this.#agreed = secrets.current;
    this.#onRenew = onRenew;
  }

  /** For a listener; `context` says all that its sessions are verified by. RFC 5869. */
  keysFor(context: string): TicketKeys {
    let keys = this.#ofListeners.get(context);
    if (keys === undefined) {
      keys = new ListenerTicketKeys(context, () => this.#renew());
      keys.update(this.#secrets);
      this.#ofListeners.set(context, keys);
    }
    return keys;
  }

  /** Takes over what the gateway agreed on; what is older than what is in use is let go. */
  update(secrets: TicketSecrets): void {
    if (secrets.generation < this.#secrets.generation) return;
    this.#agreed = secrets.current;
    this.#use(secrets.current === this.#voided ? { ...secrets, current: this.#secrets.current } : secrets);
  }

  /** Old tickets end here at once; which keys come next the gateway agrees on. Until then nobody else has ours. */
  #renew(): void {
    const { generation, holdersUnknown } = this.#secrets;
    this.#voided = this.#agreed;
    this.#use({ generation, current: newSecret(), holdersUnknown });
    this.#onRenew(generation);
  }

  #use(secrets: TicketSecrets): void {
    this.#secrets = secrets;
    for (const keys of this.#ofListeners.values()) keys.update(secrets);
  }
}

export function newSecret(): string {
  return randomBytes(32).toString("base64");
}

class ListenerTicketKeys implements TicketKeys {
  current: Uint8Array = new Uint8Array();
  holdersUnknown = false;
  readonly #context: string;
  readonly #renew: () => void;
  readonly #listeners = new Set<() => void>();

  constructor(context: string, renew: () => void) {
    this.#context = context;
    this.#renew = renew;
  }

  renew(): void {
    this.#renew();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  update({ current, holdersUnknown }: TicketSecrets): void {
    this.current = this.#derive(current);
    this.holdersUnknown = holdersUnknown;
    for (const listener of this.#listeners) listener();
  }

  #derive(secret: string): Uint8Array {
    const info = `handclasp session tickets\0${this.#context}`;
    return new Uint8Array(hkdfSync("sha256", Buffer.from(secret, "base64"), "", info, KEY_BYTES));
  }
}
