import type { KeyPin } from "../../x509/certificate-facts.ts";
import type { GuardedConnection } from "../connection/guarded-connection.ts";

/** What is open now, found by key. */
export class LiveConnections implements Iterable<GuardedConnection> {
  readonly #all = new Set<GuardedConnection>();
  /** Most keys have one connection: a set is made for the second. */
  readonly #byPin = new Map<KeyPin, GuardedConnection | Set<GuardedConnection>>();

  [Symbol.iterator](): Iterator<GuardedConnection> {
    return this.#all.values();
  }

  has(connection: GuardedConnection): boolean {
    return this.#all.has(connection);
  }

  /** A copy, safe to go through while connections close. */
  of(pin: KeyPin): readonly GuardedConnection[] {
    const ofPin = this.#byPin.get(pin);
    if (ofPin === undefined) return [];
    return ofPin instanceof Set ? [...ofPin] : [ofPin];
  }

  add(connection: GuardedConnection): void {
    this.#all.add(connection);
    const pin = connection.peer?.pin;
    if (pin === undefined) return;
    const ofPin = this.#byPin.get(pin);
    if (ofPin === undefined) this.#byPin.set(pin, connection);
    else if (ofPin instanceof Set) ofPin.add(connection);
    else this.#byPin.set(pin, new Set([ofPin, connection]));
  }

  delete(connection: GuardedConnection): void {
    this.#all.delete(connection);
    const pin = connection.peer?.pin;
    if (pin === undefined) return;
    const ofPin = this.#byPin.get(pin);
    if (ofPin instanceof Set) ofPin.delete(connection);
    if (ofPin === connection || (ofPin instanceof Set && ofPin.size === 0)) this.#byPin.delete(pin);
  }
}
