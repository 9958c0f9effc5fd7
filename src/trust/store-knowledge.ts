import type { Knowledge } from "./judge.ts";
import type { KeyPin, KeyRecord } from "./key-record.ts";
import type { TokenRecord } from "./token-record.ts";
import type { TrustStore } from "./port/trust-store.ts";

/** What a store knows, asked for only as far as a verdict needs it. One serves all judgements of a `Trust`. */
export class StoreKnowledge implements Knowledge {
  key: KeyRecord | undefined;
  readonly #store: TrustStore;

  constructor(store: TrustStore) {
    this.#store = store;
  }

  holdersOf(nameKey: string): readonly KeyRecord[] {
    return this.#store.keysOfName(nameKey);
  }

  keyOf(pin: KeyPin): KeyRecord | undefined {
    return this.#store.key(pin);
  }

  isForgotten(pin: KeyPin): boolean {
    return this.#store.isForgotten(pin);
  }

  token(id: string): TokenRecord | undefined {
    return this.#store.token(id);
  }

  get firstUseOpenUntil(): number {
    return this.#store.firstUseOpenUntil();
  }
}
