import { distrustOf } from "./judging/distrust.ts";
import type { KeyPin, KeyRecord } from "./records/key-record.ts";
import { nameKey, nameKeysOf } from "./naming/peer-name.ts";
import type { TrustStore } from "./port/trust-store.ts";

/** Which groups the peer of a key is in now. None when the key is not trusted, or the store cannot tell. */
export interface PeerGroups {
  /** As they were named, in the order of their folded names; frozen. */
  groupsOf(pin: KeyPin): readonly string[];
  isMember(pin: KeyPin, group: string): boolean;
}

const NONE: readonly string[] = Object.freeze([]);

/**
 * Groups as a store has them at the moment. It goes by the key and not by a name that was read before: who has that name
 * by now may be another.
 */
export class StoreGroups implements PeerGroups {
  readonly #store: TrustStore;
  readonly #now: () => number;
  readonly #onError: (error: unknown) => void;

  constructor(store: TrustStore, now: () => number, onError: (error: unknown) => void) {
    this.#store = store;
    this.#now = now;
    this.#onError = onError;
  }

  groupsOf(pin: KeyPin): readonly string[] {
    return this.#ask(pin, NONE, (folded) => Object.freeze([...this.#store.groupsOf(folded)]));
  }

  isMember(pin: KeyPin, group: string): boolean {
    return this.#ask(pin, false, (folded) =>
      nameKeysOf(group).some((groupKey) => this.#store.isMember(groupKey, folded)),
    );
  }

  #ask<T>(pin: KeyPin, none: T, ask: (folded: string) => T): T {
    try {
      const name = this.#nameOf(this.#store.key(pin));
      return name === null ? none : ask(nameKey(name));
    } catch (error) {
      this.#onError(error);
      return none;
    }
  }

  #nameOf(key: KeyRecord | undefined): string | null {
    return key === undefined || distrustOf(key, this.#now()) !== undefined ? null : key.peer;
  }
}
