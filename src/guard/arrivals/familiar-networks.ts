import { BoundedMap } from "../../bounded-map.ts";

const MOST_NETWORKS = 10_000;

/** Where clients came from that were let in, by what `sourceNetwork` says: the last one of each network decides. */
export class FamiliarNetworks {
  /** The one whose last client came longest ago is first. */
  readonly #networks = new BoundedMap<string, true>(MOST_NETWORKS);

  has(network: string): boolean {
    return this.#networks.has(network);
  }

  admitted(network: string): void {
    this.#networks.set(network, true);
  }

  refused(network: string): void {
    this.#networks.delete(network);
  }
}
