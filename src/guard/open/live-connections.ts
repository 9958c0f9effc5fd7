import type { KeyPin } from "../../x509/certificate-facts.ts";
import type { GuardedConnection } from "../connection/guarded-connection.ts";
import type { Handshake } from "../connection/handshake.ts";

/** What is open now, found by how it began and by key. */
export class LiveConnections implements Iterable<GuardedConnection> {
  readonly #all = new Map<Handshake, GuardedConnection>();
  /** Most keys have one connection: a set is made for the second. */
  readonly #byPin = new Map<KeyPin, GuardedConnection | Set<GuardedConnection>>();

  get size(): number {
    return this.#all.size;
  }

  [Symbol.iterator](): Iterator<GuardedConnection> {
    return this.#all.values();
  }

  /** The one that a handshake led to, as long as it is open. */
  after(handshake: Handshake): GuardedConnection | undefined {
    return this.#all.get(handshake);
  }

  /** The keys with open connections. */
  pins(): Iterable<KeyPin> {
    return this.#byPin.keys();
  }

  /** A copy, safe to go through while connections close. */
  of(pin: KeyPin): readonly GuardedConnection[] {
    const ofPin = this.#byPin.get(pin);
    if (ofPin === undefined) return [];
    return ofPin instanceof Set ? [...ofPin] : [ofPin];
  }

  add(connection: GuardedConnection): void {
    this.#all.set(connection.handshake, connection);
    const pin = connection.peer?.pin;
    if (pin === undefined) return;
    const ofPin = this.#byPin.get(pin);
    if (ofPin === undefined) this.#byPin.set(pin, connection);
    else if (ofPin instanceof Set) ofPin.add(connection);
    else this.#byPin.set(pin, new Set([ofPin, connection]));
  }

  delete(connection: GuardedConnection): void {
    this.#all.delete(connection.handshake);
    const pin = connection.peer?.pin;
    if (pin === undefined) return;
    const ofPin = this.#byPin.get(pin);
    if (ofPin instanceof Set) ofPin.delete(connection);
    if (ofPin === connection || (ofPin instanceof Set && ofPin.size === 0)) this.#byPin.delete(pin);
  }
}
