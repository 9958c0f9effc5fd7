import type { KeyPin } from "../x509/certificate-facts.ts";
import type { GuardedConnection } from "./guarded-connection.ts";

/** What is open now, found by key. */
export class LiveConnections implements Iterable<GuardedConnection> {
  readonly #all = new Set<GuardedConnection>();
  readonly #byPin = new Map<KeyPin, Set<GuardedConnection>>();

  get size(): number {
    return this.#all.size;
  }

  [Symbol.iterator](): Iterator<GuardedConnection> {
    return this.#all.values();
  }

  /** The keys with open connections. */
  pins(): Iterable<KeyPin> {
    return this.#byPin.keys();
  }

  /** A copy, safe to go through while connections close. */
  of(pin: KeyPin): readonly GuardedConnection[] {
    return [...(this.#byPin.get(pin) ?? [])];
  }

  add(connection: GuardedConnection): void {
    this.#all.add(connection);
    const pin = connection.peer?.pin;
    if (pin === undefined) return;
    const ofPin = this.#byPin.get(pin);
    if (ofPin === undefined) this.#byPin.set(pin, new Set([connection]));
    else ofPin.add(connection);
  }

  delete(connection: GuardedConnection): void {
    this.#all.delete(connection);
    const pin = connection.peer?.pin;
    const ofPin = pin === undefined ? undefined : this.#byPin.get(pin);
    if (pin === undefined || ofPin?.delete(connection) !== true) return;
    if (ofPin.size === 0) this.#byPin.delete(pin);
  }
}
