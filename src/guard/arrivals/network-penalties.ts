import { BoundedMap } from "../../bounded-map.ts";

/** What a handshake may take without anybody asking: twice what an ML-DSA-87 client without a history sends. */
const FREE_BYTES = 28 * 1024;
/** What a network may send beyond that in its handshakes before it is over; then it has to wait. */
const MOST_BYTES = 96 * 1024;
/** Taken off again each second: a chain of 50 kB every ten seconds, so under 2 % of the time that it takes. */
const FORGIVEN_PER_SECOND = 2 * 1024;
const MOST_NETWORKS = 10_000;

interface Penalty {
  bytes: number;
  /** Milliseconds on the clock that is given. */
  at: number;
}

/**
 * What networks had OpenSSL read in their handshakes, beyond what an ordinary client sends: long chains of certificates
 * take it long to verify. As OpenSSH's PerSourcePenalties, but by bytes, which no busy machine changes.
 */
export class NetworkPenalties {
  /** The one that was charged longest ago is first. */
  readonly #penalties = new BoundedMap<string, Penalty>(MOST_NETWORKS);

  /** Whether nobody from there is to be listened to for now. `now` is in milliseconds, on a clock that nobody sets. */
  isOver(network: string, now: number): boolean {
    const penalty = this.#penalties.get(network);
    return penalty !== undefined && left(penalty, now) > MOST_BYTES;
  }

  /** What one handshake read, well or not. */
  charge(network: string, bytes: number, now: number): void {
    if (bytes <= FREE_BYTES) return;
    const former = this.#penalties.get(network);
    const before = former === undefined ? 0 : left(former, now);
    this.#penalties.set(network, { bytes: before + bytes - FREE_BYTES, at: now });
  }
}

function left({ bytes, at }: Penalty, now: number): number {
  return Math.max(0, bytes - ((now - at) / 1000) * FORGIVEN_PER_SECOND);
}
