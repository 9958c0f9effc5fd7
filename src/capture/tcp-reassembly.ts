import type { TcpEvent } from "./connection.ts";
import { formatIpAddress } from "./ip-address.ts";
import { TcpConnection } from "./tcp-connection.ts";
import type { TcpSegment } from "./tcp-segment.ts";

/** How much memory a capture may take, whatever is in it. */
export interface ReassemblyLimits {
  /** Remembered at a time; beyond it those without recent packets are closed as "evicted". */
  readonly connections: number;
  /** Held back per direction while earlier bytes are missing; beyond it they are reported as a gap. */
  readonly heldBytesPerDirection: number;
  /** Held back by all connections together. */
  readonly heldBytes: number;
}

/** About 200 MB in the worst case. */
export const REASSEMBLY_LIMITS: ReassemblyLimits = {
  connections: 65_536,
  heldBytesPerDirection: 1024 * 1024,
  heldBytes: 64 * 1024 * 1024,
};

/** Where a segment came from and went to, as bytes of the IP header. */
export interface SegmentPath {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
}

interface Tracked {
  readonly key: string;
  readonly connection: TcpConnection;
  /** The key of whoever sent the first packet. */
  readonly firstEnd: string;
  /** A second packet came since the last look; so a flood of SYNs ends itself first. */
  isRecent: boolean;
  held: number;
}

/** Sorts TCP segments into connections and their bytes into order. Memory is bounded, time linear. */
export class TcpReassembly {
  readonly #onEvent: (event: TcpEvent) => void;
  readonly #limits: ReassemblyLimits;
  readonly #connections = new Map<string, Tracked>();
  /** Those that hold bytes back, the longest holding first. */
  readonly #holding = new Set<Tracked>();
  #held = 0;
  #count = 0;

  constructor(onEvent: (event: TcpEvent) => void, limits: Partial<ReassemblyLimits> = {}) {
    this.#onEvent = onEvent;
    this.#limits = { ...REASSEMBLY_LIMITS, ...limits };
  }

  segment(path: SegmentPath, segment: TcpSegment, timeMs: number | undefined): void {
    const from = endKey(path.source, segment.sourcePort);
    const to = endKey(path.destination, segment.destinationPort);
    const key = from < to ? from + to : to + from;
    const found = this.#find(key, from, segment);
    if (found !== undefined) found.isRecent = true;
    const tracked = found ?? this.#begin(key, from, path, segment);
    tracked.connection.segment(from === tracked.firstEnd ? 0 : 1, segment, timeMs);
    this.#account(tracked);
    while (this.#held > this.#limits.heldBytes && this.#holding.size > 0) this.#relieve();
  }

  /** The capture ends: every connection that is open gives what it holds and closes. */
  end(): void {
    for (const { connection } of this.#connections.values()) connection.close("end-of-capture");
    this.#connections.clear();
    this.#holding.clear();
    this.#held = 0;
  }

  #find(key: string, from: string, segment: TcpSegment): Tracked | undefined {
    const tracked = this.#connections.get(key);
    if (tracked === undefined) return undefined;
    if (tracked.connection.accepts(from === tracked.firstEnd ? 0 : 1, segment)) return tracked;
    tracked.connection.close("replaced");
    this.#forget(tracked);
    return undefined;
  }

  #begin(key: string, from: string, { source, destination }: SegmentPath, segment: TcpSegment): Tracked {
    if (this.#connections.size >= this.#limits.connections) this.#evict();
    this.#count += 1;
    const connection = new TcpConnection({
      id: this.#count,
      ends: [
        { address: formatIpAddress(source), port: segment.sourcePort },
        { address: formatIpAddress(destination), port: segment.destinationPort },
      ],
      heldLimit: this.#limits.heldBytesPerDirection,
      onEvent: this.#onEvent,
    });
    const tracked = { key, connection, firstEnd: from, isRecent: false, held: 0 };
    this.#connections.set(key, tracked);
    return tracked;
  }

  /** Second chance: whoever had a packet since the last look goes to the end of the line once. */
  #evict(): void {
    for (const tracked of this.#connections.values()) {
      if (tracked.isRecent && !tracked.connection.isClosed) {
        tracked.isRecent = false;
        this.#connections.delete(tracked.key);
        this.#connections.set(tracked.key, tracked);
        continue;
      }
      tracked.connection.close("evicted");
      this.#forget(tracked);
      return;
    }
  }

  #forget(tracked: Tracked): void {
    this.#connections.delete(tracked.key);
    this.#account(tracked);
  }

  #account(tracked: Tracked): void {
    const held = tracked.connection.heldBytes;
    this.#held += held - tracked.held;
    if (held === 0) this.#holding.delete(tracked);
    else if (tracked.held === 0) this.#holding.add(tracked);
    tracked.held = held;
  }

  #relieve(): void {
    const [longest] = this.#holding;
    if (longest === undefined) return;
    longest.connection.giveUpHoles();
    this.#account(longest);
  }
}

/** Address and port as a string of their bytes: cheap to make and to compare. */
function endKey(address: Uint8Array, port: number): string {
  let key = "";
  for (const byte of address) key += String.fromCharCode(byte);
  return key + String.fromCharCode(port);
}
