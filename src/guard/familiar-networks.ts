import { sourceNetwork } from "../trust/source-network.ts";

const MOST_NETWORKS = 10_000;

/** Where clients came from that were let in: the last one of each network decides. */
export class FamiliarNetworks {
  /** The one whose last client came longest ago is first. */
  readonly #networks = new Set<string>();

  has(remoteAddress: string | undefined): boolean {
    return this.#networks.has(sourceNetwork(remoteAddress));
  }

  admitted(remoteAddress: string | undefined): void {
    const network = sourceNetwork(remoteAddress);
    if (!this.#networks.delete(network) && this.#networks.size >= MOST_NETWORKS) this.#forgetOldest();
    this.#networks.add(network);
  }

  refused(remoteAddress: string | undefined): void {
    this.#networks.delete(sourceNetwork(remoteAddress));
  }

  #forgetOldest(): void {
    const [oldest] = this.#networks;
    if (oldest !== undefined) this.#networks.delete(oldest);
  }
}
