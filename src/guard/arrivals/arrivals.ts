import { Deadlines } from "./deadlines.ts";
import { FamiliarNetworks } from "./familiar-networks.ts";
import type { Handshake } from "../connection/handshake.ts";
import { NetworkPenalties } from "./network-penalties.ts";

/** How many connections may be on their way at once, and for how long. */
export interface ArrivalLimits {
  readonly maxHandshakes: number;
  readonly handshakeTimeoutMs: number;
}

/** Why a connection ended before its verdict. */
export type ArrivalEnd = "timedOut" | "dropped" | "penalised";

/**
 * Connections from being accepted to their verdict: so many at once, so long at the most. When there are too many, the
 * first to go are those that come from where nobody was let in before (docs/decisions/0028).
 */
export class Arrivals {
  readonly #underWay: Deadlines;
  /** Others need room as well: one who was let in could hold all of it, and each newcomer would go for the next one. */
  readonly #mostSpared: number;
  readonly #networks = new FamiliarNetworks();
  /** Only where this Node does not let a client's flight be bounded (docs/decisions/0029). */
  readonly #penalties = new NetworkPenalties();
  readonly #count: (why: ArrivalEnd) => void;

  constructor({ maxHandshakes, handshakeTimeoutMs }: ArrivalLimits, count: (why: ArrivalEnd) => void) {
    this.#count = count;
    this.#underWay = new Deadlines(maxHandshakes, handshakeTimeoutMs, count);
    this.#mostSpared = Math.floor(maxHandshakes / 2);
  }

  get size(): number {
    return this.#underWay.size;
  }

  /** Says whether it may come in; it is ended when not. */
  add(handshake: Handshake): boolean {
    // Later the address may be gone, and nobody could tell where it came from.
    const { network, transport } = handshake;
    const isFamiliar = this.#networks.has(network);
    if (!isFamiliar && this.#penalties.isOver(network, handshake.beganAt)) {
      this.#count("penalised");
      transport.destroy();
      return false;
    }
    this.#underWay.add(handshake);
    if (isFamiliar && this.#underWay.spared < this.#mostSpared) this.#underWay.spare(handshake);
    return true;
  }

  /** It waits for its verdict, with TLS up: what the client sends from now on is not OpenSSL's to verify. */
  waits(handshake: Handshake): void {
    this.#charge(handshake);
  }

  admitted({ network }: Handshake): void {
    this.#networks.admitted(network);
  }

  refused(handshake: Handshake): void {
    this.#networks.refused(handshake.network);
    this.delete(handshake);
  }

  delete(handshake: Handshake): void {
    this.#charge(handshake);
    this.#underWay.delete(handshake);
  }

  /** Ends all of them. */
  clear(): void {
    this.#underWay.clear();
  }

  #charge(handshake: Handshake): void {
    if (handshake.isBounded) return;
    // Once is enough.
    handshake.isBounded = true;
    this.#penalties.charge(handshake.network, handshake.bytesReceived, performance.now());
  }
}
