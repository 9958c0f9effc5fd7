import { Counter, type Registry } from "prom-client";
import { escapeText } from "../../trust/naming/peer-name.ts";

/** Every name is a time series of its own. */
const MOST_PEERS = 1000;
const MOST_BYTES = 100;

/** Connections by peer, for those who asked for it. Beyond the first thousand, peers are `(others)`. */
export class PeerLabels {
  readonly #counter: Counter<"peer">;
  readonly #known = new Set<string>();

  constructor(registers: [Registry]) {
    this.#counter = new Counter({
      name: "handclasp_peer_connections_total",
      help: "Connections that were let in, by the peer's name. Only with peer labels.",
      labelNames: ["peer"],
      registers,
    });
  }

  admitted(name: string | undefined): void {
    this.#counter.inc({ peer: name === undefined ? "(anonymous)" : this.#label(name) });
  }

  #label(name: string): string {
    const label = escapeText(name, MOST_BYTES);
    if (this.#known.has(label)) return label;
    if (this.#known.size >= MOST_PEERS) return "(others)";
    this.#known.add(label);
    return label;
  }
}
