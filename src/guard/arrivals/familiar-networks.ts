const MOST_NETWORKS = 10_000;

/** Where clients came from that were let in, by what `sourceNetwork` says: the last one of each network decides. */
export class FamiliarNetworks {
  /** The one whose last client came longest ago is first. */
  readonly #networks = new Set<string>();

  has(network: string): boolean {
    return this.#networks.has(network);
  }

  admitted(network: string): void {
    if (!this.#networks.delete(network) && this.#networks.size >= MOST_NETWORKS) this.#forgetOldest();
    this.#networks.add(network);
  }

  refused(network: string): void {
    this.#networks.delete(network);
  }

  #forgetOldest(): void {
    const [oldest] = this.#networks;
    if (oldest !== undefined) this.#networks.delete(oldest);
  }
}
