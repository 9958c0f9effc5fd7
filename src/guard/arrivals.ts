import { Deadlines } from "./deadlines.ts";
import { FamiliarNetworks } from "./familiar-networks.ts";
import type { Handshake } from "./handshake.ts";
import type { GuardSettings } from "./options.ts";

/**
 * Connections from being accepted to their verdict: so many at once, so long at the most. When there are too many, the
 * first to go are those that come from where nobody was let in before (docs/decisions/0028).
 */
export class Arrivals {
  readonly #underWay: Deadlines;
  /** Others need room as well: one who was let in could hold all of it, and each newcomer would go for the next one. */
  readonly #mostSpared: number;
  readonly #networks = new FamiliarNetworks();

  constructor(
    { maxHandshakes, handshakeTimeoutMs }: GuardSettings,
    count: (why: "timedOut" | "dropped") => void,
  ) {
    this.#underWay = new Deadlines(maxHandshakes, handshakeTimeoutMs, count);
    this.#mostSpared = Math.floor(maxHandshakes / 2);
  }

  get size(): number {
    return this.#underWay.size;
  }

  add(handshake: Handshake): void {
    this.#underWay.add(handshake);
    // Later it may be gone, and nobody could tell where it came from.
    const { remoteAddress } = handshake;
    if (this.#underWay.spared >= this.#mostSpared) return;
    if (this.#networks.has(remoteAddress)) this.#underWay.spare(handshake);
  }

  admitted({ remoteAddress }: Handshake): void {
    this.#networks.admitted(remoteAddress);
  }

  refused(handshake: Handshake): void {
    this.#networks.refused(handshake.remoteAddress);
    this.delete(handshake);
  }

  delete(handshake: Handshake): void {
    this.#underWay.delete(handshake);
  }

  /** Ends all of them. */
  clear(): void {
    this.#underWay.clear();
  }
}
